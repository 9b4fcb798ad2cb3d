import Dispatcher
import SLSClient
import SLSConsumer
import SLSProtocol
import Testing

struct DispatchErrorTests {
    @Test(arguments: [
        (ClientError.api(APIError(.signatureNotMatch, "no", status: 403), requestID: "1"), "SLS_AK_ID and SLS_AK_KEY"),
        (.api(APIError(.unauthorized, "who?", status: 401), requestID: "1"), "SLS_AK_ID and SLS_AK_KEY"),
        (.transport(TransportFailure(.tlsUntrusted, "not trusted")), "SLS_CA_FILE"),
        (.transport(TransportFailure(.caFile, "no PEM")), "SLS_CA_FILE"),
    ]) func `a failure that settings are to blame for names them`(error: ClientError, names: String) {
        for failure in [DispatchError.check(logstore: "demo/app", error), .consumer(.call("HeartBeat", error))] {
            #expect(failure.description.contains("\(error). "))
            #expect(failure.description.contains(names), "\(failure)")
        }
    }

    @Test func `a failure of another kind blames no setting`() {
        let error = ClientError.transport(TransportFailure(.timeout, "time ran out"))
        #expect(DispatchError.time(error).description.hasSuffix("\(error)"))
    }
}
