import SLSClient
import SLSProtocol
import Testing

@testable import SLSConsumer

@Suite struct BatchNumberingTests {
    @Test(arguments: [
        // (log groups asked for at 100, last that the service names, next position, first, how it is known)
        (3, Int64?(102), Int64(103), Int64(100), Batch.Numbering.Kind.consecutive),
        (3, nil, 103, 100, .consecutive),
        (3, 104, 105, 100, .unknown),
        (3, nil, 105, 100, .unknown),
        (3, 101, 103, 100, .unknown),
        (1, 100, 101, 100, .consecutive),
        (1, 104, 105, 104, .fromLast),
        (1, 104, 110, 104, .fromLast),
        (1, 100, 110, 100, .fromLast),
        (1, nil, 105, 100, .unknown),
        (1, 99, 105, 100, .unknown),
        (1, 105, 105, 100, .unknown),
    ])
    func `cursors are counted from the request, one alone from the last, or they are not known`(
        count: Int, last: Int64?, next: Int64, first: Int64, kind: Batch.Numbering.Kind
    ) {
        let pulled = PulledLogs(body: [], nextCursor: Cursor(number: next), count: count, lastReadNumber: last)
        let numbering = Batch.Numbering(pulled, from: Cursor(number: 100))
        #expect(numbering.first.number == first && numbering.kind == kind)
    }

    @Test func `an empty answer says nothing of cursors, wherever it leads`() {
        let pulled = PulledLogs(body: [], nextCursor: Cursor(number: 500), count: 0, lastReadNumber: 7)
        #expect(Batch.Numbering(pulled, from: Cursor(number: 100)).kind == .consecutive)
    }
}
