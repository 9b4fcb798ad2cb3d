import SLSClient
import System
import Testing

@testable import Dispatcher

@Suite struct CredentialsFileTests {
    /// A file of keys in a folder of its own, and a clock that tests move.
    private struct Scene {
        let folder: String
        let now = Lock<Int64>(0)
        let recorder = LineRecorder()

        init() throws { folder = try Files.makeTemporaryFolder(prefix: "credentials-") }

        func write(_ text: String) throws { try Files.write(Array(text.utf8), to: folder + "/keys") }

        func open() throws(SettingsError) -> CredentialsFile {
            try CredentialsFile(folder + "/keys", logger: recorder.logger) { [now] in now.withLock { $0 } }
        }

        func pass(seconds: Int64) { now.withLock { $0 += seconds * 1_000_000_000 } }

        func leave() throws { try Files.removeTree(folder) }
    }

    @Test func `keys are read again when the last look is 5 s old, and not before`() throws {
        let scene = try Scene()
        try scene.write("# of the first week\n\nSLS_AK_ID=one\nSLS_AK_KEY=a=b\n")
        let file = try scene.open()
        #expect(file.current() == Credentials(accessKeyID: "one", accessKeySecret: "a=b"))
        try scene.write("SLS_AK_ID=two\nSLS_AK_KEY=c\nSLS_STS_TOKEN=t\n")
        scene.pass(seconds: 4)
        #expect(file.current().accessKeyID == "one")
        scene.pass(seconds: 1)
        #expect(file.current() == Credentials(accessKeyID: "two", accessKeySecret: "c", securityToken: "t"))
        #expect(scene.recorder.all.count == 1 && scene.recorder.all.allSatisfy { !$0.contains("two") })
        try scene.leave()
    }

    @Test func `what cannot be read changes nothing, is said once, and shows no key`() throws {
        let scene = try Scene()
        try scene.write("SLS_AK_ID=one\nSLS_AK_KEY=secret-one\n")
        let file = try scene.open()
        try scene.write("SLS_AK_ID=two\nSLS_AK_KEY\n")
        for _ in 0..<3 {
            scene.pass(seconds: 5)
            #expect(file.current().accessKeyID == "one")
        }
        #expect(scene.recorder.all.count == 1 && scene.recorder.all[0].hasPrefix("error"))
        #expect(!scene.recorder.all[0].contains("two"))
        try scene.write("SLS_AK_ID=three\nSLS_AK_KEY=c\n")
        scene.pass(seconds: 5)
        #expect(file.current().accessKeyID == "three")
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
