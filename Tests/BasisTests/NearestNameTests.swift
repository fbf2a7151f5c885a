import Basis
import Testing

@Suite("nearest name")
struct NearestNameTests {
    static let candidates = ["connections", "threads", "duration", "rate", "tls", "h2", "nodelay"]

    @Test(
        "finds what a misspelt name most likely meant",
        arguments: [
            ("conections", "connections"), ("connexions", "connections"), ("theards", "threads"),
            ("Threads", "threads"), ("raet", "rate"), ("rates", "rate"), ("tsl", "tls"),
            ("h3", "h2"), ("no-delay", "nodelay"), ("rate", "rate"),
        ])
    func near(misspelt: String, meant: String) {
        #expect(nearestName(to: misspelt, among: Self.candidates) == meant)
    }

    @Test("keeps quiet when nothing is near", arguments: ["", "colour", "xyz", "streams"])
    func far(name: String) {
        #expect(nearestName(to: name, among: Self.candidates) == nil)
    }

    @Test("has nothing to say where nothing is known")
    func none() {
        #expect(nearestName(to: "rate", among: []) == nil)
    }

    @Test("the nearer of two wins, and the first of two as near")
    func ties() {
        #expect(nearestName(to: "sharde", among: ["shared", "sharded"]) == "shared")
        #expect(nearestName(to: "cat", among: ["bat", "cats", "cat"]) == "cat")
    }
}
