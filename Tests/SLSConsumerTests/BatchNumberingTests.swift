import SLSClient
import SLSProtocol
import Testing

@testable import SLSConsumer

@Suite struct BatchNumberingTests {
    @Test(arguments: [
        // (last that the service names, next position, first, how it is known), of three log groups asked for at 100
        (Int64?(102), Int64(103), Int64(100), Batch.Numbering.Kind.consecutive),
        (nil, 103, 100, .consecutive),
        (104, 105, 102, .fromLast),
        (104, 110, 102, .fromLast),
        (nil, 105, 100, .unknown),
        (101, 103, 100, .unknown),
        (103, 103, 100, .unknown),
        (105, 105, 100, .unknown),
        (101, 110, 100, .unknown),
    ])
    func `cursors are counted from the request, from the last, or are not known`(
        last: Int64?, next: Int64, first: Int64, kind: Batch.Numbering.Kind
    ) {
        let pulled = PulledLogs(body: [], nextCursor: Cursor(number: next), count: 3, lastReadNumber: last)
        let numbering = Batch.Numbering(pulled, from: Cursor(number: 100))
        #expect(numbering.first.number == first && numbering.kind == kind)
    }

    @Test func `an empty answer says nothing of cursors, wherever it leads`() {
        let pulled = PulledLogs(body: [], nextCursor: Cursor(number: 500), count: 0, lastReadNumber: 7)
        #expect(Batch.Numbering(pulled, from: Cursor(number: 100)).kind == .consecutive)
    }
}
