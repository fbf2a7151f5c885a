package import Wire

/// One kind of request of a mix, ready to be sent.
package struct MixedRequest: Equatable, Sendable {
    package let name: String
    /// Its share of the requests is this over the weights of all kinds.
    package let weight: Double
    /// With marks where it has places.
    package let request: HTTP1.RequestTemplate
    /// What fills its places, by the numbers of their marks.
    let fillings: [RequestTexts.Piece]

    package init(name: String, weight: Double, request: HTTP1.RequestTemplate) {
        self.init(name: name, weight: weight, request: request, fillings: [])
    }

    init(
        name: String, weight: Double, request: HTTP1.RequestTemplate,
        fillings: [RequestTexts.Piece]
    ) {
        self.name = name
        self.weight = weight
        self.request = request
        self.fillings = fillings
    }

    /// Whether requests of this kind differ.
    var isTemplated: Bool { !fillings.isEmpty }
}
