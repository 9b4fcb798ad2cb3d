/// What is wrong with the options and the files they name, all of it: one line each.
struct Mistakes: Error, Equatable {
    private(set) var lines: [String] = []

    var isEmpty: Bool { lines.isEmpty }

    mutating func add(_ line: String) { lines.append(line) }

    /// Adds the lines of another, each behind a prefix such as the file's name.
    mutating func add(_ others: Mistakes, prefix: String? = nil) {
        lines += others.lines.map { line in prefix.map { "\($0): \(line)" } ?? line }
    }

    /// Runs a part of the check; what it throws becomes a line, and the check goes on.
    mutating func collect<Value>(_ part: (inout Mistakes) throws -> Value) -> Value? {
        do {
            return try part(&self)
        } catch let error as Mistakes {
            lines += error.lines
        } catch {
            lines.append("\(error)")
        }
        return nil
    }
}
