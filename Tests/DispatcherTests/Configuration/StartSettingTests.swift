import Dispatcher
import SLSClient
import SLSProtocol
import System
import Testing

@Suite struct StartSettingTests {
    @Test func `a start is shown as the instant it means, in UTC`() throws {
        let now = Timestamp(seconds: 1_709_618_828)
        #expect(StartSetting("2018-12-26T08:00:00+08:00", now: now)?.description == "2018-12-26T00:00:00Z")
        #expect(StartSetting("-2h", now: now)?.description == "2024-03-05T04:07:08Z")
        #expect(StartSetting("begin", now: now)?.description == "begin")
        #expect(StartSetting("end", now: now)?.description == "end")
    }

    private let now = Timestamp(seconds: 1_700_000_000)

    @Test func `words and Unix seconds`() {
        #expect(StartSetting("begin", now: now) == StartSetting(position: .begin, isFixed: true))
        #expect(StartSetting("end", now: now) == StartSetting(position: .end, isFixed: false))
        #expect(
            StartSetting("1545724800", now: now)
                == StartSetting(position: .received(Timestamp(seconds: 1_545_724_800)), isFixed: true))
    }

    @Test(arguments: [("-2h", 7_200), ("-90s", 90), ("-15m", 900), ("-3d", 259_200)])
    func `a relative time counts back from now and is not fixed`(text: String, seconds: Int) {
        #expect(
            StartSetting(text, now: now)
                == StartSetting(position: .received(Timestamp(seconds: 1_700_000_000 - seconds)), isFixed: false))
    }

    @Test(arguments: [
        "2018-12-26T00:00:00Z", "2018-12-26 0:0:0Z", "2018-12-26T08:00:00+08:00", "2018-12-25T19:30-0430",
    ])
    func `a time with a zone is that instant`(text: String) {
        #expect(
            StartSetting(text, now: now)
                == StartSetting(position: .received(Timestamp(seconds: 1_545_782_400)), isFixed: true))
    }

    @Test(arguments: ["2018-12-26 0:0:0", "2018-12-26T00:00:00", "2018-12-26"])
    func `a time without a zone is in the host's`(text: String) throws {
        let local = try #require(LocalTime(year: 2018, month: 12, day: 26)?.unixSecondsInHostZone())
        #expect(
            StartSetting(text, now: now)
                == StartSetting(position: .received(Timestamp(seconds: local)), isFixed: true, isOfHostZone: true))
    }

    @Test func `a time to come is not fixed`() {
        #expect(StartSetting("1700000001", now: now)?.isFixed == false)
        #expect(StartSetting("1700000000", now: now)?.isFixed == true)
    }

    @Test(arguments: [
        "", "Begin", "now", "2018-13-01", "2018-02-30", "2018-12-26 25:00:00", "2018-12-26T00:00:00+25:00", "-2w", "-h",
        "12", "2018/12/26", "26-12-2018", "2018-12-26 0:0:0:0", "2018-12-26 ", "-99999999999h",
    ])
    func `anything else is refused`(text: String) { #expect(StartSetting(text, now: now) == nil) }
}
