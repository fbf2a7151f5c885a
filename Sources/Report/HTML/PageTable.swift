/// A table of a report. It can be sorted where there is JavaScript, and scrolls inside its own box.
struct PageTable {
    struct Column {
        let title: Markup
        /// A stable name for links such as `#sort=cells,rps,descending`.
        let key: String
        let isNumber: Bool

        init(_ key: String, _ title: Markup, isNumber: Bool = false) {
            self.key = key
            self.title = title
            self.isNumber = isNumber
        }
    }

    struct Entry {
        let content: Markup
        /// What the table is sorted by: a number's plain text. Nil: the content's text; empty:
        /// missing, which stays last.
        let order: String?

        init(_ content: Markup, order: String? = nil) {
            self.content = content
            self.order = order
        }

        static let missing = Entry("–", order: "")
    }

    /// Unique in the page.
    let id: String
    let caption: Markup
    let columns: [Column]
    /// The first entry of a row is its heading.
    var rows: [[Entry]] = []

    var markup: Markup {
        let heads = columns.map { column in
            Markup.element(
                "th",
                [
                    "scope": "col", "class": column.isNumber ? "number" : nil,
                    "data-key": column.key,
                ],
                column.title)
        }
        let lines = rows.map { row in
            Markup.element("tr", [:], row.indices.map { cell(row[$0], at: $0) })
        }
        return .element(
            "div",
            [
                "class": "scroll", "role": "region", "tabindex": "0",
                "aria-labelledby": "\(id)-caption",
            ],
            .element(
                "table", ["id": id, "class": "sortable"],
                .element("caption", ["id": "\(id)-caption"], caption), "\n",
                .element("thead", [:], .element("tr", [:], heads)), "\n",
                .element("tbody", [:], .joined(lines, by: "\n"))))
    }

    private func cell(_ entry: Entry, at index: Int) -> Markup {
        let style = columns[index].isNumber ? "number" : nil
        return index == 0
            ? .element("th", ["scope": "row", "data-v": entry.order], entry.content)
            : .element("td", ["class": style, "data-v": entry.order], entry.content)
    }
}
