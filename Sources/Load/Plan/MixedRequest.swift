package import Wire

/// One kind of request of a mix, ready to be sent.
package struct MixedRequest: Equatable, Sendable {
    package let name: String
    /// Its share of the requests is this over the weights of all kinds.
    package let weight: Double
    package let request: HTTP1.RequestTemplate

    package init(name: String, weight: Double, request: HTTP1.RequestTemplate) {
        self.name = name
        self.weight = weight
        self.request = request
    }
}
