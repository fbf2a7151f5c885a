import Basis
import Testing
import Wire

/// Where a Location leads.
struct RedirectionTests {
    private static func target(
        _ location: String, from target: String = "/b/c/d;p?q", scheme: String = "http",
        authority: String = "a:8080"
    ) -> String? {
        let bytes = Array(location.utf8)
        return redirectedTarget(
            bytes.span, from: Array(target.utf8), scheme: scheme, authority: authority
        ).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(
        "references are resolved as RFC 3986 5.4 has it",
        arguments: [
            ("g", "/b/c/g"), ("./g", "/b/c/g"), ("g/", "/b/c/g/"), ("/g", "/g"),
            ("?y", "/b/c/d;p?y"), ("g?y", "/b/c/g?y"), ("g#s", "/b/c/g"), ("g?y#s", "/b/c/g?y"),
            (";x", "/b/c/;x"), ("g;x?y#s", "/b/c/g;x?y"), ("", "/b/c/d;p?q"), (".", "/b/c/"),
            ("./", "/b/c/"), ("..", "/b/"), ("../", "/b/"), ("../g", "/b/g"), ("../..", "/"),
            ("../../", "/"), ("../../g", "/g"), ("../../../g", "/g"), ("../../../../g", "/g"),
            ("/./g", "/g"), ("/../g", "/g"), ("g.", "/b/c/g."), ("..g", "/b/c/..g"),
            ("./../g", "/b/g"), ("./g/.", "/b/c/g/"), ("g/./h", "/b/c/g/h"),
            ("g/../h", "/b/c/h"), ("g;x=1/../y", "/b/c/y"), ("g?y/../x", "/b/c/g?y/../x"),
            ("http://a:8080/g", "/g"), ("HTTP://A:8080/g", "/g"), ("//a:8080/g?x", "/g?x"),
            ("http://a:8080", "/"), ("http://a:8080?x", "/?x"), ("#s", "/b/c/d;p?q"),
            ("/a//b", "/a//b"),
        ])
    func references(location: String, expected: String) {
        #expect(Self.target(location) == expected)
    }

    @Test(
        "what leads elsewhere, or nowhere, is none",
        arguments: [
            "http://b:8080/g", "http://a/g", "http://a:8081/g", "https://a:8080/g", "//b/g",
            "ftp://a:8080/g", "http:g", "mailto:x", "/g h", "/g\r\nX: y", "http://u@a:8080/",
            "///g",
        ])
    func elsewhere(location: String) { #expect(Self.target(location) == nil) }

    @Test("whatever bytes a server says, what is asked for is a path of one line")
    func hostile() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        let pieces = [
            "/", "..", ".", "//", "?", "#", ":", "http:", "a:8080", "x", "%", "\r\n", " ",
        ]
        for _ in 0..<20_000 {
            var location: [UInt8] = []
            for _ in 0..<Int.random(in: 0...9, using: &generator) {
                if Bool.random(using: &generator) {
                    location += Array(pieces.randomElement(using: &generator)!.utf8)
                } else {
                    location.append(UInt8.random(in: 0...255, using: &generator))
                }
            }
            let target = redirectedTarget(
                location.span, from: Array("/b/c/d;p?q".utf8), scheme: "http",
                authority: "a:8080")
            guard let target else { continue }
            let isOneLine = target.allSatisfy { $0 > 0x20 && $0 != 0x7F }
            #expect(
                target.first == 0x2F && isOneLine && !target.contains(0x23),
                "seed \(seed): \(location) leads to \(target)")
        }
    }

    @Test(
        "a scheme's own port may be written",
        arguments: [
            ("http", "a", "http://a:80/g"), ("https", "a", "https://a:443/g"),
            ("http", "a", "http://a:/g"), ("https", "[::1]", "https://[::1]:443/g"),
        ])
    func ports(scheme: String, authority: String, location: String) {
        #expect(Self.target(location, scheme: scheme, authority: authority) == "/g")
    }
}
