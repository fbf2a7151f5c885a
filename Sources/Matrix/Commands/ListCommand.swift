import Basis
import Platform
import Report

/// Shows the cells and the profiles of a matrix file.
enum ListCommand: Command {
    static let name = "list"
    static let parser = OptionParser(
        program: "switchyard list", operands: "[MATRIX]",
        summary: "list the cells and profiles of a matrix file",
        options: RunOptions.matrix + [
            OptionSpec("profiles", help: "list the profiles instead of the cells"),
            OptionSpec("matrices", help: "list the matrices that come with the program"),
            RunOptions.bin, RunOptions.json,
        ],
        epilogue: """
            \(RunOptions.aboutMatrix)
            The profile '\(Matrix.defaultProfile)' is the whole file.
            What 'run' would refuse is refused here too.
            """)

    static func run(
        _ options: ParsedOptions, on console: Console
    ) throws(Complaint) -> ExitStatus {
        if options.has("matrices") { return try showMatrices(options, on: console) }
        let file = try options.operand("matrix file") ?? RunOptions.defaultMatrix
        let matrix = try Matrix(parsing: try RunOptions.read(file), file: file)
        if options.has("profiles") {
            return showProfiles(matrix, asJSON: options.has("json"), on: console)
        }
        let filter = try options.text("filter").map { (text) throws(Complaint) in
            try CellFilter(parsing: text, origin: "--filter")
        }
        let profile = options.text("profile") ?? Matrix.defaultProfile
        let cells = try matrix.expand(
            profile: profile, filter: filter,
            serverThreads: CPUSplit(halving: CPUSet.available.cpus).server.count
        ).cells
        try OutsideServers(matrix.servers, of: cells).checkCells()
        try Abilities.check(cells, bin: options.text("bin"))
        if options.has("json") {
            let object: JSONValue = [
                "schema": "switchyard.list/1", "matrix": .string(file),
                "profile": .string(profile), "cells": .array(cells.map(\.json)),
            ]
            console.output(object.pretty)
        } else {
            console.output(cells.map { $0.id + "\n" }.joined())
            console.errors("\(cells.count) cells\n")
        }
        return .success
    }

    private static func showMatrices(
        _ options: ParsedOptions, on console: Console
    ) throws(Complaint) -> ExitStatus {
        if let file = options.operands.first {
            throw Complaint("--matrices takes no '\(file)'", remedy: "leave one of them out")
        }
        let names = KnownMatrices.names
        if options.has("json") {
            let object: JSONValue = [
                "schema": "switchyard.matrices/1",
                "matrices": .array(names.map { .string($0) }),
            ]
            console.output(object.pretty)
        } else {
            console.output(names.map { $0 + "\n" }.joined())
        }
        return .success
    }

    private static func showProfiles(
        _ matrix: Matrix, asJSON: Bool, on console: Console
    ) -> ExitStatus {
        if asJSON {
            let profiles = matrix.profiles.map { entry -> JSONValue in
                ["name": .string(entry.name), "about": .string(entry.profile.about)]
            }
            let object: JSONValue = [
                "schema": "switchyard.profiles/1", "matrix": .string(matrix.file),
                "profiles": .array(profiles),
            ]
            console.output(object.pretty)
            return .success
        }
        var table = TextTable([.init("profile", .left), .init("about", .left)])
        for entry in matrix.profiles {
            table.append([.init(entry.name), .init(entry.profile.about)])
        }
        console.output(table.text(width: console.width, colours: console.allowsColours))
        return .success
    }
}
