import Report
import Testing

@Suite("comma-separated values")
struct CSVTableTests {
    @Test("fields survive, whatever they hold")
    func roundTrip() throws {
        var table = CSVTable(columns: ["a", "b,c", "d\"e"])
        table.append(["1", "", "x"])
        table.append(["", "", ""])
        table.append(["a,b", "say \"hi\"", "two\nlines\r\n"])
        table.append([" padded ", "é😀", "-1.5e3"])
        #expect(try CSVTable(parsing: table.text) == table)
        var narrow = CSVTable(columns: ["only"])
        narrow.append([""])
        narrow.append(["x"])
        #expect(try CSVTable(parsing: narrow.text) == narrow)
    }

    @Test("writing is exact")
    func golden() {
        var table = CSVTable(columns: ["a", "b"])
        table.append(["1", "x,y"])
        table.append(["", "q\"q"])
        #expect(table.text == "a,b\n1,\"x,y\"\n,\"q\"\"q\"\n")
    }

    @Test(
        "line ends, a missing last one and blank lines",
        arguments: ["a,b\r\n1,2\r\n", "a,b\n1,2", "a,b\n\n1,2\n\n", "\"a\",\"b\"\r\n\"1\",2"])
    func lineEnds(text: String) throws {
        let table = try CSVTable(parsing: text)
        #expect(table.columns == ["a", "b"] && table.rows == [["1", "2"]] && !table.lostTornLine)
        #expect(table.field(0, "b") == "2" && table.field(0, "z") == nil)
    }

    @Test("a table cut at any byte loses at most the line that was cut")
    func torn() throws {
        let text = "a,b,c\n1,2,3\n4,\"x\ny\",6\n7,8,9\n"
        let whole = try CSVTable(parsing: text)
        for cut in 6..<text.utf8.count {
            let part = String(decoding: Array(text.utf8.prefix(cut)), as: UTF8.self)
            let table = try CSVTable(parsing: part)
            let complete = table.rows.dropLast(table.rows.count == whole.rows.count ? 1 : 0)
            #expect(
                whole.rows.starts(with: complete.dropLast(table.lostTornLine ? 0 : 1)),
                "cut at \(cut)")
        }
        #expect(try CSVTable(parsing: "a,b\n1,2\n3").lostTornLine)
        #expect(try CSVTable(parsing: "a,b\n1,2\n3,\"4").rows == [["1", "2"]])
    }

    @Test(
        "refusals",
        arguments: [
            ("", "line 1: there is no header"),
            ("a,a\n", "line 1: the column 'a' is named twice"),
            ("a,b\n1\n2,3\n", "line 2: 1 fields under 2 columns"),
            ("a,b\n1,2,3\n", "line 2: 3 fields under 2 columns"),
            ("a,b\n1,x\"y\n", "line 2: a quote inside a field without quotes"),
            ("a,b\n\"x\ny\",2\n1,\"2\"3\n", "line 4: text behind a closing quote"),
            ("a,b\r1,2", "line 1: a carriage return without a line feed"),
        ])
    func refusals(text: String, message: String) {
        let refusal = #expect(throws: CSVRefusal.self) { try CSVTable(parsing: text) }
        #expect(refusal?.description == message)
    }
}
