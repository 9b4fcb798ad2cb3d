/// The id of the container this process runs in.
public enum ContainerID {
    /// The first 12 digits of the container's id, as `docker ps` shows it; nil on a plain host.
    public static func current() -> String? {
        // A host without these files is not a container as far as we can tell.
        let cgroup = try? Files.read("/proc/self/cgroup", limit: 1 << 16)
        let mounts = try? Files.read("/proc/self/mountinfo", limit: 1 << 20)  // as above
        return find(
            cgroup: String(decoding: cgroup ?? [], as: UTF8.self),
            mountInfo: String(decoding: mounts ?? [], as: UTF8.self))
    }

    /// Looks into `/proc/self/cgroup` (cgroup v1, and v2 seen from the host's namespace), then into
    /// `/proc/self/mountinfo` (v2: only the mounts of `hostname` and `resolv.conf` tell).
    static func find(cgroup: String, mountInfo: String) -> String? {
        for line in cgroup.split(separator: "\n") {
            if let id = identifier(in: line) { return id }
        }
        for line in mountInfo.split(separator: "\n")
        where line.contains(" /etc/hostname ") || line.contains(" /etc/resolv.conf ") {
            if let id = identifier(in: line) { return id }
        }
        return nil
    }

    /// The first run of exactly 64 hexadecimal digits.
    private static func identifier(in line: Substring) -> String? {
        line.split(whereSeparator: { !($0.isHexDigit && $0.isASCII) })
            .first { $0.utf8.count == 64 }
            .map { String($0.prefix(12)) }
    }
}
