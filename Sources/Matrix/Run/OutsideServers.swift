import Basis
import Platform
import Report

/// The servers of a plan that no launch starts: what can't be asked of them, and whether they are
/// there.
struct OutsideServers {
    private let servers: [OutsideServer]
    private let cells: [Cell]

    init(_ servers: [ServerDescription], of cells: [Cell]) {
        self.servers = servers.compactMap(\.outside).filter { server in
            cells.contains { $0.server == server.name }
        }
        self.cells = cells.filter(\.isOutside)
    }

    /// Those that nothing measures.
    var unmeasured: [OutsideServer] { servers.filter { $0.agent == nil } }

    /// Refuses cells that say something else than the URL of their server.
    func checkCells() throws(Complaint) {
        for cell in cells {
            guard let server = servers.first(where: { $0.name == cell.server }),
                let refused = Self.refused(cell, server)
            else { continue }
            throw Complaint(
                "cell \(cell.id) asks server \(server.name) at \(server.url) \(refused.what)",
                remedy: "\(refused.remedy), or leave such cells out with exclude or --filter")
        }
    }

    private static func refused(
        _ cell: Cell, _ server: OutsideServer
    ) -> (what: String, remedy: String)? {
        if let language = server.language, language != cell.language {
            return (
                "in protocol \(cell.language.rawValue)",
                "leave the protocol out, which the URL says"
            )
        }
        if server.url.isSecure != (cell.tls != .off) {
            return server.url.isSecure
                ? ("without TLS", "write its tls as \"1.2\" or \"1.3\"")
                : ("over TLS", "give a URL of https, wss or grpcs")
        }
        if !cell.link.isLoopback {
            return (
                "through a link, which is made for servers that a launch starts", "drop its rtt"
            )
        }
        return nil
    }

    /// Refuses to begin where a server can't be reached, or can't be measured as it is to be; what
    /// the agents say of the machines of those that are.
    ///
    /// - Parameter program: `switchyard`.
    func checkReach(program: String = Programs.own) throws(Complaint) -> [JSONValue.Member] {
        var machines: [JSONValue.Member] = []
        for server in servers {
            do throws(LaunchFailure) {
                try server.connect()
            } catch {
                throw Complaint(
                    error.reason, remedy: "start it, or mend its url", status: .failure)
            }
            guard let command = server.agent else { continue }
            do throws(LaunchFailure) {
                var agent = try RunningAgent(command, port: server.url.port, own: program)
                machines.append(.init(server.name, try agent.machine()))
                agent.stop()
            } catch {
                throw Complaint(
                    "server \(server.name) can't be measured: \(error.reason)", remedy: "",
                    status: .failure)
            }
        }
        return machines
    }
}
