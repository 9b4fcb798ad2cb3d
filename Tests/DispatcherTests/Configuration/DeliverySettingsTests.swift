import SLSClient
import SLSProtocol
import Testing

@testable import Dispatcher

@Suite struct DeliverySettingsTests {
    @Test func `two targets that differ in the scheme alone are refused, for their keys are the same`() throws {
        var settings = try LiveDispatcher.settings()
        let web = settings.targets[0]
        #expect(settings.deliveryMistakes(now: Timestamp(seconds: 0)).isEmpty)
        settings.targets[1] = DispatcherSettings.Place(
            endpoint: try Endpoint(parsing: "http://cn-hangzhou.log.aliyuncs.com"), project: web.project,
            logstore: web.logstore)
        settings.targets[0] = DispatcherSettings.Place(
            endpoint: try Endpoint(parsing: "https://cn-hangzhou.log.aliyuncs.com"), project: web.project,
            logstore: web.logstore)
        #expect(settings.deliveryMistakes(now: Timestamp(seconds: 0)).count == 1)
    }
}
