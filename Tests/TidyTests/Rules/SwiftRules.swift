extension Rule {
    static let swiftRules = [
        bannedCalls, talkingLibraries, hotTypes, fences, documentation, deadFiles,
    ]

    static let bannedCalls = Rule.code(
        "nothing is forced: no try! and no as!",
        broken: [
            ["Sources/A/A.swift": "let a = try! b()"], ["Sources/A/A.swift": "let a = b as! C"],
            ["Sources/switchyard/A.swift": #"let a = "\(try! b())""#],
        ],
        kept: [
            ["Sources/A/A.swift": "let a = try? b() // not try!"],
            ["Sources/A/A.swift": #"let a = "as! and try!""#],
            ["Tests/ATests/A.swift": "let a = try! b()"],
        ],
        where: { !$0.path.hasPrefix("Tests/") },
        violation: { swift, index in
            ["try!", "as!"].first { swift.code[index].contains($0) }.map {
                "'\($0)' stops the program without a word; handle the case or state a precondition"
            }
        })

    static let talkingLibraries = Rule.code(
        "libraries neither print nor give up",
        broken: [
            ["Sources/A/A.swift": "    print(a)"], ["Sources/A/A.swift": "if a { fatalError() }"],
            ["Sources/A/A.swift": "    debugPrint (a)"],
        ],
        kept: [
            ["Sources/A/A.swift": "footprint(a); a.print(b) // print(c)"],
            ["Sources/A/A.swift": "func print(a: Int) {}"],
            ["Sources/switchyard-load/Main.swift": "print(a)"],
        ],
        where: \.isLibrary,
        violation: { swift, index in
            let words = swift.code[index].split { " {;}(".contains($0) }
            return ["print", "debugPrint", "dump", "fatalError"].first { call in
                guard words.contains(Substring(call)), !words.contains("func") else { return false }
                return swift.code[index].contains("\(call)(")
                    || swift.code[index].contains("\(call) (")
            }.map { "'\($0)' is for the mains; a library returns a value or throws" }
        })

    /// STYLE: below the one switch that chooses, everything is generic and specialised.
    static let hotTypes = Rule.code(
        "no any and no class in Wire or on a hot path",
        broken: [
            ["Sources/Wire/A.swift": "final class A {}"], ["Sources/Wire/A.swift": "let a: any B"],
            ["Sources/Serve/A.swift": "// Hot path: once a request.\nlet a: (any B)?"],
        ],
        kept: [
            ["Sources/Serve/A.swift": "final class A {}"],
            ["Sources/Wire/A.swift": "protocol A {} // any class"],
        ],
        where: { file in
            file.path.hasPrefix("Sources/Wire/")
                || file.path.hasPrefix("Sources/")
                    && file.lines.prefix(30).contains { $0.hasPrefix("// Hot path") }
        },
        violation: { swift, index in
            swift.words(index).first { $0 == "any" || $0 == "class" }.map {
                "'\($0)' costs a reference count or an indirect call on every request"
            }
        })

    /// How far a fence reaches where no function tells.
    private static let fenceLines = 12

    static let fences = Rule.code(
        "every unsafe stands near a SAFETY comment",
        broken: [
            ["Sources/A/A.swift": "let a = unsafe b"],
            ["Tests/ATests/A.swift": "    return unsafe b + c"],
            ["Sources/A/A.swift": "nonisolated(unsafe) var a = 1"],
            [
                "Sources/A/A.swift":
                    "func a() {\n// SAFETY: b.\nunsafe b()\n}\nfunc c() {\nunsafe d()\n}"
            ],
        ],
        kept: [
            ["Sources/A/A.swift": "// SAFETY: b outlives a.\nlet a = unsafe b"],
            ["Sources/A/A.swift": "func a() {\nunsafe b()\n// SAFETY: c.\nunsafe c()\n}"],
            ["Sources/A/A.swift": "// SAFETY: b.\n@inline(always)\nfunc a() {\nunsafe b()\n}"],
            ["Sources/Platform/A.swift": "// SAFETY, throughout: a.\n\nfunc a() {\nunsafe b()\n}"],
            ["Sources/A/A.swift": "@unsafe struct A {} // unsafe"],
        ],
        where: { $0.path != "Package.swift" },
        violation: { swift, index in
            guard swift.words(index).contains("unsafe") else { return nil }
            let bare = swift.code[index].replacing("@unsafe", with: "")
            guard bare.contains("unsafe") else { return nil }
            let isFenced = fence(of: index, in: swift).contains {
                swift.comments[$0].contains("SAFETY:")
            }
            let isFencedThroughout = swift.comments.contains {
                $0.hasPrefix("// SAFETY, throughout:")
            }
            return isFenced || isFencedThroughout
                ? nil : "'unsafe' without a '// SAFETY:' comment that says what makes it safe"
        })

    /// The lines whose comments speak for line `index`: its function with the comment above it, or
    /// a few lines where there is none.
    private static func fence(of index: Int, in swift: SwiftLines) -> Range<Int> {
        let functions: Set<Substring> = ["func", "init", "deinit", "subscript"]
        func startsFunction(_ line: Int) -> Bool {
            swift.declaration(line).map { functions.contains($0.keyword) } ?? false
        }
        func indent(_ line: Int) -> Int { swift.code[line].prefix { $0 == " " }.count }

        var start = index
        while start > 0, !startsFunction(start) || start < index && indent(start) > indent(index) {
            start -= 1
        }
        guard startsFunction(start) else {
            return max(0, index - fenceLines)..<index + 1
        }
        var end = index + 1
        while end < swift.code.count, !(startsFunction(end) && indent(end) <= indent(start)) {
            end += 1
        }
        while start > 0, isAbove(start - 1, in: swift) { start -= 1 }
        while end > index + 1, isAbove(end - 1, in: swift) { end -= 1 }
        return start..<end
    }

    /// Whether the line belongs to the declaration below it: a comment or an attribute.
    private static func isAbove(_ line: Int, in swift: SwiftLines) -> Bool {
        let code = swift.code[line].drop { $0 == " " }
        return code.isEmpty ? !swift.comments[line].isEmpty : code.hasPrefix("@")
    }

    static let documentation = Rule.code(
        "every package or public type says what it is",
        broken: [
            ["Sources/A/A.swift": "package struct A {}"],
            ["Sources/A/A.swift": "// no\n@frozen\npackage indirect enum A {}"],
            ["Sources/A/A.swift": "/// Far.\n\npublic final class A {}"],
        ],
        kept: [
            ["Sources/A/A.swift": "/// A.\n@frozen\npackage struct A {\n    struct B {}\n}"],
            ["Sources/A/A.swift": "package func a(struct b: Int) {}\npackage let c = 1"],
        ],
        where: { $0.path.hasPrefix("Sources/") },
        violation: { swift, index in
            let types: Set<Substring> = ["struct", "enum", "class", "protocol", "actor"]
            guard let declared = swift.declaration(index), types.contains(declared.keyword),
                declared.modifiers.contains("package") || declared.modifiers.contains("public")
            else { return nil }
            var above = index - 1
            while above >= 0, swift.code[above].drop(while: { $0 == " " }).hasPrefix("@") {
                above -= 1
            }
            return above >= 0 && swift.comments[above].hasPrefix("///")
                ? nil : "the \(declared.keyword) has no '///' comment"
        })

    static let deadFiles = Rule(
        "no Swift file is empty of declarations",
        broken: [["Sources/A/A.swift": "// later\n"], ["Sources/A/A.swift": ""]],
        kept: [["Sources/A/A.swift": "// a\nextension A {}"], ["docs/A.md": ""]]
    ) { repository in
        repository.files.compactMap { file in
            guard let swift = file.swift else { return nil }
            let declares = swift.code.indices.contains {
                swift.declaration($0).map { $0.keyword != "import" } ?? false
            }
            return declares ? nil : Finding(path: file.path, line: 0, message: "declares nothing")
        }
    }
}
