/// Rows in aligned columns: texts to the left, numbers to the right.
public struct TextTable {
    private let header: [String]
    private var rows: [[String]] = []

    /// A table without rows.
    public init(_ header: [String]) { self.header = header }

    /// Appends a row of as many cells as the header has.
    public mutating func add(_ row: [String]) {
        precondition(row.count == header.count, "a row of \(row.count) cells in a table of \(header.count) columns")
        rows.append(row)
    }

    /// The lines, the header underlined.
    public var lines: [String] {
        let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
        let isNumeric = header.indices.map { column in
            rows.allSatisfy { row in row[column].allSatisfy { $0.isNumber || $0 == "-" } }
        }
        func line(_ cells: [String]) -> String {
            cells.indices.map { column in
                let padding = String(repeating: " ", count: widths[column] - cells[column].count)
                return isNumeric[column] ? padding + cells[column] : cells[column] + padding
            }.joined(separator: "  ")
        }
        let rule = widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ")
        return [line(header), rule] + rows.map(line)
    }
}
