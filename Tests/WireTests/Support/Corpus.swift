import Foundation

/// The seed corpora of Tests/Fuzz, read from the source tree.
enum Corpus {
    static let requests = files(in: "request")
    static let responses = files(in: "response")
    static let webSocket = files(in: "websocket")
    static let texts = files(in: "text")
    static let events = files(in: "events")
    static let http2 = files(in: "http2")
    static let hpack = files(in: "hpack")
    static let grpc = files(in: "grpc")

    private static func files(in folder: String) -> [Sample] {
        let root = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fuzz/corpus/\(folder)")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path())) ?? []
        return names.sorted().compactMap { name in
            (try? Data(contentsOf: root.appending(path: name))).map {
                Sample(name, bytes: Array($0))
            }
        }
    }
}
