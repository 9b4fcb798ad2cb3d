import System

/// The repository these tests were built from, as texts.
enum Repository {
    /// Its folder: two above the one of this file.
    static let root: String = {
        let parts = #filePath.split(separator: "/").dropLast(3)
        return "/" + parts.joined(separator: "/")
    }()

    /// Swift files of `Sources/`, `Tests/` and `IntegrationTests/`.
    static let swiftFiles = Result {
        try ["Sources", "Tests", "IntegrationTests"].flatMap { try files(under: $0) { $0.hasSuffix(".swift") } }
    }

    /// Every text of ours: code, scripts, documents, recipes.
    static let allTexts = Result {
        let skipped = [".git", ".build", ".venv", "__pycache__", "Package.resolved", ".DS_Store", ".swiftpm"]
        let names = try Files.list(root).filter { name in
            !skipped.contains { name == $0 || name.hasPrefix($0 + "-") }
        }
        return try names.flatMap { try files(under: $0) { !$0.hasSuffix(".pyc") && !$0.hasSuffix(".bin") } }
    }

    /// One text; nil if it is not there.
    static func text(_ path: String) throws -> String? {
        guard Files.exists("\(root)/\(path)") else { return nil }
        return String(decoding: try Files.read("\(root)/\(path)", limit: 4 << 20), as: UTF8.self)
    }

    private static func files(under path: String, where isWanted: (String) -> Bool) throws -> [SourceFile] {
        if !Files.isFolder("\(root)/\(path)") {
            guard isWanted(path), let text = try text(path) else { return [] }
            return [SourceFile(path: path, text: text)]
        }
        return try Files.list("\(root)/\(path)").filter { $0 != "__pycache__" }
            .flatMap { try files(under: "\(path)/\($0)", where: isWanted) }
    }
}
