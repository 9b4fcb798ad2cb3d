import Glibc
import SLSClient
import System
import TestKit
import Testing

@testable import Dispatcher

@Suite struct CredentialsFileTests {
    /// A file of keys in a folder of its own, a clock that tests move, and looks that happen when they say so.
    private struct Scene {
        let folder: String
        let now = Lock<Int64>(0)
        let looks = Lock<[@Sendable () -> Void]>([])
        let recorder = LineRecorder()

        init() throws { folder = try Files.makeTemporaryFolder(prefix: "credentials-") }

        func write(_ text: String) throws { try Files.write(Array(text.utf8), to: folder + "/keys") }

        func open() throws(SettingsError) -> CredentialsFile {
            try CredentialsFile(folder + "/keys", logger: recorder.logger) { [now] in
                now.withLock { $0 }
            } aside: { [looks] look throws(SystemError) in
                looks.withLock { $0.append(look) }
            }
        }

        func pass(seconds: Int64) { now.withLock { $0 += seconds * 1_000_000_000 } }

        /// Does the looks that were asked for.
        ///
        /// - Returns: How many there were.
        func look() -> Int {
            let asked = looks.withLock { looks in
                defer { looks = [] }
                return looks
            }
            for look in asked { look() }
            return asked.count
        }

        func leave() throws { try Files.removeTree(folder) }
    }

    @Test func `keys are read again when the last look is 5 s old, and not before`() throws {
        let scene = try Scene()
        try scene.write("# of the first week\n\nSLS_AK_ID=one\nSLS_AK_KEY=a=b\n")
        let file = try scene.open()
        #expect(file.current() == Credentials(accessKeyID: "one", accessKeySecret: "a=b"))
        try scene.write("SLS_AK_ID=two\nSLS_AK_KEY=c\nSLS_STS_TOKEN=t\n")
        scene.pass(seconds: 4)
        #expect(file.current().accessKeyID == "one" && scene.look() == 0)
        scene.pass(seconds: 1)
        #expect(file.current().accessKeyID == "one" && scene.look() == 1)
        #expect(file.current() == Credentials(accessKeyID: "two", accessKeySecret: "c", securityToken: "t"))
        #expect(scene.recorder.all.count == 1 && scene.recorder.all.allSatisfy { !$0.contains("two") })
        try scene.leave()
    }

    @Test func `while a look takes its time the old keys hold, and no second one begins`() throws {
        let scene = try Scene()
        try scene.write("SLS_AK_ID=one\nSLS_AK_KEY=a\n")
        let file = try scene.open()
        try scene.write("SLS_AK_ID=two\nSLS_AK_KEY=b\n")
        for _ in 0..<3 {
            scene.pass(seconds: 5)
            #expect(file.current().accessKeyID == "one")
        }
        #expect(scene.look() == 1)
        #expect(file.current().accessKeyID == "two")
        #expect(scene.look() == 1, "it was due again")
        try scene.leave()
    }

    @Test func `a file that cannot be read to its end holds up nobody who asks for keys`() async throws {
        let scene = try Scene()
        try scene.write("SLS_AK_ID=one\nSLS_AK_KEY=a\n")
        let path = scene.folder + "/keys"
        let file = try CredentialsFile(path, logger: scene.recorder.logger) { [now = scene.now] in now.withLock { $0 } }
        // To open a pipe is to wait for the other end.
        let isPipe = unsafe unlink(path) == 0 && mkfifo(path, 0o600) == 0
        try #require(isPipe)
        scene.pass(seconds: 5)
        #expect(file.current().accessKeyID == "one")
        let rotation = try Thread.start(name: "rotates") {
            let pipe = unsafe open(path, O_WRONLY)
            defer { close(pipe) }
            let text = "SLS_AK_ID=two\nSLS_AK_KEY=b\n"
            _ = unsafe write(pipe, text, text.utf8.count)
        }
        #expect(await rotation.join(within: .seconds(120)), "somebody reads")
        try await wait(for: "the new keys") { file.current().accessKeyID == "two" }
        try scene.leave()
    }

    @Test func `what cannot be read changes nothing, is said once, and shows no key`() throws {
        let scene = try Scene()
        try scene.write("SLS_AK_ID=one\nSLS_AK_KEY=secret-one\n")
        let file = try scene.open()
        try scene.write("SLS_AK_ID=two\nSLS_AK_KEY\n")
        for _ in 0..<3 {
            scene.pass(seconds: 5)
            _ = file.current()
            #expect(scene.look() == 1 && file.current().accessKeyID == "one")
        }
        #expect(scene.recorder.all.count == 1 && scene.recorder.all[0].hasPrefix("error"))
        #expect(!scene.recorder.all[0].contains("two"))
        try scene.write("SLS_AK_ID=three\nSLS_AK_KEY=c\n")
        scene.pass(seconds: 5)
        _ = file.current()
        #expect(scene.look() == 1 && file.current().accessKeyID == "three")
        try scene.leave()
    }

    @Test func `a file that is missing, or lacks a key, is refused at the start`() throws {
        let scene = try Scene()
        #expect(throws: SettingsError.self) { try scene.open() }
        try scene.write("SLS_AK_ID=one\nSLS_AK_KEY=\n")
        #expect(throws: SettingsError.self) { try scene.open() }
        try scene.leave()
    }
}
