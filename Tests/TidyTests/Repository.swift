import System

/// The repository these tests were built from, as texts.
enum Repository {
    /// Its folder: two above the one of this file.
    static let root: String = {
        let parts = #filePath.split(separator: "/").dropLast(3)
        return "/" + parts.joined(separator: "/")
    }()

    /// Swift files of `Sources/`, `Tests/` and `IntegrationTests/`, but for what a generator wrote.
    static let swiftFiles = Result {
        try ["Sources", "Tests", "IntegrationTests"].flatMap {
            try files(under: $0) { $0.hasSuffix(".swift") && !$0.hasSuffix(".pb.swift") }
        }
    }

    /// Every text of ours: code, scripts, documents, recipes. Whatever else lies in the folder is not looked at, nor is
    /// the file by which Git finds the repository of a worktree.
    static let allTexts = Result {
        let folders = [
            "Sources", "Tests", "IntegrationTests", "Benchmarks", "deploy", "docker", "docs", "scripts", ".ci",
        ].filter { Files.isFolder("\(root)/\($0)") }
        let names = try Files.list(root).filter { name in
            !Files.isFolder("\(root)/\(name)") && name != "Package.resolved" && name != ".git"
        }
        let binary = [".pyc", ".bin", ".pb", ".png", ".db"]
        return try (folders + names).flatMap { path in
            try files(under: path) { name in !binary.contains { name.hasSuffix($0) } }
        }
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
