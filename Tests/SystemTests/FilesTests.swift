import Glibc
import System
import Testing

struct FilesTests {
    private func inFolder(_ body: (String) throws -> Void) throws {
        let folder = try Files.makeTemporaryFolder(prefix: "system-tests-")
        try body(folder)
        try Files.removeTree(folder)
        #expect(!Files.exists(folder))
    }

    @Test func `a written file has its bytes and its mode, and nothing is left beside it`() throws {
        try inFolder { folder in
            #expect(Files.mode(folder) == 0o700)
            try Files.write([1, 2, 3], to: "\(folder)/a", mode: 0o600, durable: true)
            try Files.write([4], to: "\(folder)/a", mode: 0o640)
            #expect(try Files.read("\(folder)/a", limit: 1) == [4])
            #expect(Files.mode("\(folder)/a") == 0o640)
            #expect(try Files.list(folder) == ["a"])
        }
    }

    @Test func `a file over the limit is refused`() throws {
        try inFolder { folder in
            try Files.write([1, 2, 3], to: "\(folder)/a")
            #expect(try Files.read("\(folder)/a", limit: 3) == [1, 2, 3])
            let failure = #expect(throws: SystemError.self) { try Files.read("\(folder)/a", limit: 2) }
            #expect(failure?.code == EFBIG)
        }
    }

    @Test func `a write that fails leaves the old file and nothing beside it`() throws {
        try inFolder { folder in
            try Files.makeFolder("\(folder)/taken/inside")
            #expect(throws: SystemError.self) { try Files.write([1], to: "\(folder)/taken") }
            #expect(try Files.list(folder) == ["taken"])
            #expect(throws: SystemError.self) { try Files.write([1], to: "\(folder)/missing/a") }
        }
    }

    @Test func `folders are made with those above them, and made again without complaint`() throws {
        try inFolder { folder in
            try Files.makeFolder("\(folder)/a/b/c", mode: 0o700)
            try Files.makeFolder("\(folder)/a/b/c")
            #expect(Files.isFolder("\(folder)/a/b/c"))
            #expect(Files.mode("\(folder)/a/b/c") == 0o700)
            try Files.write([1], to: "\(folder)/file")
            #expect(throws: SystemError.self) { try Files.makeFolder("\(folder)/file") }
        }
    }

    @Test func `removing a tree does not follow links`() throws {
        try inFolder { folder in
            try Files.makeFolder("\(folder)/kept")
            try Files.write([1], to: "\(folder)/kept/file")
            try Files.makeFolder("\(folder)/gone")
            #expect(unsafe symlink("\(folder)/kept", "\(folder)/gone/link") == 0)
            try Files.removeTree("\(folder)/gone")
            try Files.removeTree("\(folder)/gone")
            #expect(try Files.list(folder) == ["kept"])
            #expect(Files.exists("\(folder)/kept/file"))
        }
    }
}

struct ExclusionTests {
    @Test func `a file lock is held by one and free after it`() throws {
        let folder = try Files.makeTemporaryFolder(prefix: "system-tests-")
        var held = try FileLock.take("\(folder)/lock")
        #expect(held != nil)
        #expect(try FileLock.take("\(folder)/lock") == nil)
        held = nil
        #expect(try FileLock.take("\(folder)/lock") != nil)
        #expect(throws: SystemError.self) { try FileLock.take("\(folder)/missing/lock") }
        try Files.removeTree(folder)
        _ = held
    }

    @Test func `an abstract name is held by one and free after it`() throws {
        let name = "swift-sls-tests-\(getpid())-\(MonotonicClock.nanoseconds())"
        var held = try AbstractSocketLock.take(name)
        #expect(held != nil)
        #expect(try AbstractSocketLock.take(name) == nil)
        #expect(try AbstractSocketLock.take(name + "-other") != nil)
        held = nil
        #expect(try AbstractSocketLock.take(name) != nil)
        _ = held
    }

    @Test(arguments: [0, 101]) func `an abstract name has 1 to 100 bytes`(length: Int) {
        #expect(throws: SystemError(call: "bind", subject: String(repeating: "n", count: length), code: EINVAL)) {
            try AbstractSocketLock.take(String(repeating: "n", count: length))
        }
    }
}
