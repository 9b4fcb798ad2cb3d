import Glibc
import Testing

@testable import System

struct HostTests {
    @Test func `the clocks go on and are in nanoseconds`() {
        let before = MonotonicClock.nanoseconds()
        #expect(MonotonicClock.nanoseconds() >= before)
        #expect(WallClock.nanoseconds() / 1_000_000_000 >= 1_700_000_000)
        #expect(abs(WallClock.nanoseconds() / 1_000_000_000 - Int64(time(nil))) <= 2)
    }

    @Test func `memory is read from the status text, and its absence is noticed`() throws {
        let text = "Name:\tx\nVmRSS:\t    12 kB\nRssAnon:\t     3 kB\n"
        let memory = try #require(ProcessMemory(statusText: text))
        #expect(memory.residentByteCount == 12 * 1024)
        #expect(memory.privateByteCount == 3 * 1024)
        #expect(ProcessMemory(statusText: "Name:\tkthreadd\n") == nil)
        #expect(try ProcessMemory.current().residentByteCount > 1 << 20)
        #expect(throws: SystemError.self) { try ProcessMemory.current(ofProcess: -1) }
    }

    @Test func `variables are found, absent ones are nil`() throws {
        #expect(Environment.value("PATH") != nil)
        #expect(Environment.value("SWIFT_SLS_NO_SUCH_VARIABLE") == nil)
        #expect(Environment.all()["PATH"] == Environment.value("PATH"))
    }

    @Test func `the program knows where it lies and on what host`() throws {
        #expect(Files.exists(try ExecutablePath.current()))
        #expect(try ExecutablePath.current().hasPrefix(ExecutablePath.folder() + "/"))
        #expect(!HostName.current().isEmpty)
    }

    private static let id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

    @Test(arguments: [
        "12:pids:/docker/\(id)\n", "0::/system.slice/docker-\(id).scope\n",
        "0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-\(id).scope\n",
    ]) func `a container is known by its control group`(cgroup: String) {
        #expect(ContainerID.find(cgroup: cgroup, mountInfo: "") == "0123456789ab")
    }

    @Test func `a container with a control group namespace is known by its mounts`() {
        let mount = "1 2 8:1 /var/lib/docker/containers/\(Self.id)/hostname /etc/hostname rw - ext4 /dev/a rw\n"
        #expect(ContainerID.find(cgroup: "0::/\n", mountInfo: mount) == "0123456789ab")
        let layer = "1 2 8:1 / / rw - overlay overlay rw,upperdir=/var/lib/docker/overlay2/\(Self.id)/diff\n"
        #expect(ContainerID.find(cgroup: "0::/\n", mountInfo: layer) == nil)
    }

    @Test func `a plain host is no container`() {
        #expect(ContainerID.find(cgroup: "0::/user.slice/user-0.slice/session-1.scope\n", mountInfo: "") == nil)
        #expect(ContainerID.find(cgroup: "", mountInfo: "") == nil)
    }
}

struct LocalTimeTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"), (1_545_782_400, "2018-12-26T00:00:00Z"),
        (951_782_400, "2000-02-29T00:00:00Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
        (-62_135_596_800, "0001-01-01T00:00:00Z"), (253_402_300_799, "9999-12-31T23:59:59Z"),
    ]) func `an instant has its text in UTC`(seconds: Int, text: String) {
        #expect(LocalTime.utcText(unixSeconds: seconds) == text)
        #expect(LocalTime(utcSeconds: seconds).unixSecondsInUTC() == seconds)
    }

    @Test func `every day of four centuries is its own`() {
        for day in 0..<146_097 {
            #expect(LocalTime(utcSeconds: day * 86_400).unixSecondsInUTC() == day * 86_400)
        }
    }

    @Test(arguments: [(2018, 2, 29), (2018, 13, 1), (2018, 0, 1), (2018, 4, 31), (2018, 1, 0), (0, 1, 1)])
    func `a day that no calendar has is refused`(year: Int, month: Int, day: Int) {
        #expect(LocalTime(year: year, month: month, day: day) == nil)
    }

    @Test(arguments: [(24, 0, 0), (0, 60, 0), (0, 0, 60), (-1, 0, 0)])
    func `a time that no clock shows is refused`(hour: Int, minute: Int, second: Int) {
        #expect(LocalTime(year: 2018, month: 12, day: 26, hour: hour, minute: minute, second: second) == nil)
    }

    /// In a process of its own each, because the zone belongs to the whole process.
    @Test(arguments: [
        ("UTC0", 1_545_782_400, 1_530_403_200), ("CST-8", 1_545_753_600, 1_530_374_400),
        ("EST5EDT,M3.2.0,M11.1.0", 1_545_800_400, 1_530_417_600),
    ]) func `the host's zone decides, summer time included`(zone: String, winter: Int, summer: Int) async {
        await #expect(processExitsWith: .success) { [zone, winter, summer] in
            unsafe setenv("TZ", zone, 1)
            tzset()
            #expect(LocalTime(year: 2018, month: 12, day: 26)?.unixSecondsInHostZone() == winter)
            #expect(LocalTime(year: 2018, month: 7, day: 1)?.unixSecondsInHostZone() == summer)
            #expect(LocalTime(year: 1969, month: 12, day: 31, hour: 18)?.unixSecondsInHostZone() != nil)
        }
    }

    @Test func `the host's zone is asked through the C library`() throws {
        let midnight = try #require(LocalTime(year: 2018, month: 12, day: 26))
        let summer = try #require(LocalTime(year: 2018, month: 7, day: 1, hour: 12))
        for local in [midnight, summer] {
            let seconds = try #require(local.unixSecondsInHostZone())
            // Within a day of UTC in any zone; and the offset is a whole number of quarter hours.
            #expect(abs(seconds - local.unixSecondsInUTC()) <= 86_400)
            #expect((seconds - local.unixSecondsInUTC()) % 900 == 0)
        }
    }
}
