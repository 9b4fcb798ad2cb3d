import CGNU
import Glibc

/// Small whole files and folders. Every call blocks; every path is used as given.
public enum Files {
    /// Reads a whole file.
    ///
    /// - Throws: `SystemError`; code EFBIG if it holds more than `limit` bytes.
    public static func read(_ path: String, limit: Int) throws(SystemError) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .last("open", path) }
        defer { close(descriptor) }
        var contents: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .last("read", path) }
            if count == 0 { return contents }
            guard contents.count + count <= limit else { throw SystemError(call: "read", subject: path, code: EFBIG) }
            contents.append(contentsOf: buffer.prefix(count))
        }
    }

    /// Writes a file aside and renames it over `path`: a reader sees the old contents or the new, never a part.
    ///
    /// - Parameters:
    ///   - mode: The new file's permissions, such as 0o600; the process's mask does not apply.
    ///   - durable: Whether to wait until the disk has it.
    public static func write(
        _ bytes: [UInt8], to path: String, mode: UInt32 = 0o644, durable: Bool = false
    ) throws(SystemError) {
        var template = (path + ".XXXXXX").utf8CString.map { $0 }
        let descriptor = unsafe cgnu_mkostemp(&template, O_CLOEXEC)
        guard descriptor >= 0 else { throw .last("mkostemp", path) }
        let aside = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        do throws(SystemError) {
            defer { close(descriptor) }
            try writeAll(bytes, to: descriptor, path: aside)
            guard fchmod(descriptor, mode) == 0 else { throw SystemError.last("fchmod", aside) }
            if durable { guard fsync(descriptor) == 0 else { throw SystemError.last("fsync", aside) } }
            guard unsafe rename(aside, path) == 0 else { throw SystemError.last("rename", path) }
        } catch {
            _ = unsafe unlink(aside)
            throw error
        }
    }

    /// Makes a folder and those above it that are missing; one that is there already is left as it is.
    public static func makeFolder(_ path: String, mode: UInt32 = 0o755) throws(SystemError) {
        if unsafe mkdir(path, mode) == 0 { return }
        let failure = SystemError.last("mkdir", path)
        switch failure.code {
        case EEXIST where isFolder(path): return
        case ENOENT:
            guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { throw failure }
            try makeFolder(String(path[..<slash]), mode: mode)
            guard unsafe mkdir(path, mode) == 0 || isFolder(path) else { throw .last("mkdir", path) }
        default: throw failure
        }
    }

    /// Makes a new folder (mode 0700) under `$TMPDIR`, else `/tmp`.
    ///
    /// - Returns: Its path, which begins with `prefix` and ends in six random characters.
    public static func makeTemporaryFolder(prefix: String) throws(SystemError) -> String {
        let parent = Environment.value("TMPDIR").flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        var template = "\(parent)/\(prefix)XXXXXX".utf8CString.map { $0 }
        guard unsafe mkdtemp(&template) != nil else { throw .last("mkdtemp", "\(parent)/\(prefix)") }
        return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Removes a file, a link, or a folder with all it holds; links are removed, not followed. Nothing there: no error.
    public static func removeTree(_ path: String) throws(SystemError) {
        if isLink(path) || !isFolder(path) {
            guard unsafe unlink(path) == 0 || errno == ENOENT else { throw .last("unlink", path) }
            return
        }
        for name in try list(path) { try removeTree("\(path)/\(name)") }
        guard unsafe rmdir(path) == 0 else { throw .last("rmdir", path) }
    }

    /// The names in a folder, sorted, without `.` and `..`.
    public static func list(_ path: String) throws(SystemError) -> [String] {
        guard let folder = unsafe opendir(path) else { throw .last("opendir", path) }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            // d_name is a fixed array whose text ends at the first zero; the entry is valid until the next readdir.
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// The path of something that is there, from the root, links followed.
    public static func absolutePath(_ path: String) throws(SystemError) -> String {
        // realpath allocates the text, which is freed here.
        guard let resolved = unsafe realpath(path, nil) else { throw .last("realpath", path) }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    /// Whether something is there, links followed.
    public static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// Whether a folder is there, links followed.
    public static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The permissions of a file or folder, such as 0o600; nil if nothing is there.
    public static func mode(_ path: String) -> UInt32? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    private static func isLink(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(SystemError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .last("write", path) }
            rest = rest.dropFirst(count)
        }
    }
}
