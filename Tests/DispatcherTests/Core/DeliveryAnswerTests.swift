import Dispatcher
import SLSClient
import SLSProtocol
import Testing

@Suite struct DeliveryAnswerTests {
    @Test(arguments: [
        (200, DeliveryAnswer.unanswered), (302, .unanswered), (502, .unanswered), (504, .unanswered),
        (408, .unanswered), (499, .unanswered), (400, .postponed), (404, .postponed), (429, .postponed),
        (401, .refused), (403, .refused), (407, .refused), (413, .refusedData),
    ])
    func `what a gateway refuses was not stored, unless it says that time ran out`(
        status: Int, answer: DeliveryAnswer
    ) {
        let error = ClientError.malformedResponse(
            reason: "no x-log-requestid", status: status, excerpt: "<html>", requestID: nil)
        #expect(DeliveryAnswer(error) == answer)
    }
}
