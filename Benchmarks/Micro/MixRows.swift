import Basis
import Foundation
import Platform

/// What it costs that requests differ: a hundred kinds, each with a number, a draw and a UUID of
/// its own, beside one request over and over, and beside wrk with a script that makes the same.
enum MixRows {
    private static let kinds = 100

    static func measure(
        _ settings: FloorCommand.Settings, _ isQuiet: Bool
    ) throws(Complaint) -> [FloorRow] {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let mix = GeneratorKind.switchyardMix(file: folder.appending(path: "mix.json5").path)
        let script = GeneratorKind.wrkScript(file: folder.appending(path: "mix.lua").path)
        let title = "\(kinds) templated requests"
        var rows = [
            FloorRow(
                "\(mix) / switchyard-load, \(title), requests a client-CPU-second", .atLeast(0.9)),
            FloorRow("\(mix) / \(script), \(title), the same", .comparison),
            FloorRow("the first over HTTP/2, 16 streams", .comparison),
        ]
        rows[1].absence = script.absence
        let server = ServerKind.switchyard(pattern: "single")
        /// Requests a CPU-second of each kind, in an order that turns with the round.
        func rates(
            _ kinds: [GeneratorKind], _ spoken: Spoken, _ round: Int
        ) throws(Complaint) -> [Double] {
            var rates = kinds.map { _ in 0.0 }
            for index in kinds.indices.map(\.self).turned(by: round) {
                // The paths of a mix are its kinds', and the script makes its own.
                let path = kinds[index] == .switchyard ? "/bytes/13" : "/"
                rates[index] = try FloorCommand.requestsPerCPUSecond(
                    kinds[index], against: server, speaking: spoken, path: path, settings
                ).0
                if isQuiet { continue }
                FloorCommand.progress(round, settings, "\(kinds[index])", rates[index])
            }
            return rates
        }
        let others = rows[1].absence == nil ? [script] : []
        for round in 0..<settings.rounds {
            let http1 = try rates([mix, .switchyard] + others, .http1, round)
            rows[0].values.append(http1[0] / http1[1])
            if http1.count > 2 { rows[1].values.append(http1[0] / http1[2]) }
            let http2 = try rates([mix, .switchyard], .http2(streams: 16), round)
            rows[2].values.append(http2[0] / http2[1])
        }
        return rows
    }

    /// Where both programs find what to send.
    private static func folder() throws(Complaint) -> URL {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "switchyard-mix-\(ProcessInfo.processInfo.processIdentifier)")
        do {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true)
            try mix.write(
                to: folder.appending(path: "mix.json5"), atomically: true, encoding: .utf8)
            try script.write(
                to: folder.appending(path: "mix.lua"), atomically: true, encoding: .utf8)
        } catch {
            throw Complaint(
                "can't write \(folder.path)", remedy: "let TMPDIR be a folder with room",
                status: .failure)
        }
        return folder
    }

    private static var mix: String {
        let all = (0..<kinds).map { kind in
            "{weight: 1, name: \"k\(kind)\", headers: {\"X-Request-Id\": \"{uuid}\"},"
                + " path: \"/bytes/13?kind=\(kind)&n={seq}&page={rand:1-1000}\"}"
        }
        return "{kinds: [\(all.joined(separator: ",\n"))]}\n"
    }

    private static var script: String {
        """
        local n = 0
        local function part(digits)
          return string.format("%0" .. digits .. "x", math.random(0, 16 ^ digits - 1))
        end
        request = function()
          n = n + 1
          local id = part(4) .. part(4) .. "-" .. part(4) .. "-4" .. part(3) .. "-a" .. part(3)
            .. "-" .. part(4) .. part(4) .. part(4)
          return wrk.format("GET",
            "/bytes/13?kind=" .. math.random(0, \(kinds - 1)) .. "&n=" .. n
              .. "&page=" .. math.random(1, 1000), {["X-Request-Id"] = id})
        end

        """
    }
}
