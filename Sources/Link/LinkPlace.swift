package import Basis

/// Where other programs find the networks of a link that waits for them: what
/// `switchyard link --hold` prints once it stands.
package struct LinkPlace: Equatable, Sendable {
    package static let schema = "switchyard.link-ready/1"

    /// Files of the networks (`NetworkNamespace.path`).
    package let near: String
    package let far: String
    /// The file of the user namespace that they belong to; nil where root made them.
    package let rights: String?
    package let device: LinkSettings.Device

    package init(near: String, far: String, rights: String?, device: LinkSettings.Device) {
        self.near = near
        self.far = far
        self.rights = rights
        self.device = device
    }

    /// One object on one line.
    package var json: JSONValue {
        [
            "schema": .string(Self.schema), "near_network": .string(near),
            "far_network": .string(far), "user_namespace": rights.map { .string($0) } ?? .null,
            "device": .string(device.rawValue),
        ]
    }

    /// Nil for anything else than `json` makes.
    package init?(json: JSONValue) {
        guard json["schema"] == .string(Self.schema),
            case .string(let near)? = json["near_network"],
            case .string(let far)? = json["far_network"],
            case .string(let name)? = json["device"],
            let device = LinkSettings.Device(rawValue: name)
        else { return nil }
        var rights: String?
        if case .string(let text)? = json["user_namespace"] { rights = text }
        self.init(near: near, far: far, rights: rights, device: device)
    }
}
