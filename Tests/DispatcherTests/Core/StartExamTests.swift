import SLSClient
import SLSProtocol
import Testing

@testable import Dispatcher

@Suite struct StartExamTests {
    private static let start = CursorPosition.received(Timestamp(seconds: 1_700_000_000))

    @Test func `a start at the beginning asks for nothing`() {
        #expect(StartExam(start: .begin, checkpoint: Cursor(number: 1)).step == .passed)
    }

    @Test(arguments: [7, 8]) func `a checkpoint at the start or behind it passes`(checkpoint: Int64) {
        var exam = StartExam(start: Self.start, checkpoint: Cursor(number: checkpoint))
        #expect(exam.step == .ask(Self.start))
        exam.resolved(Cursor(number: 7))
        #expect(exam.step == .passed)
    }

    @Test func `a checkpoint below the start is held while older log groups are kept`() {
        var exam = StartExam(start: Self.start, checkpoint: Cursor(number: 5))
        exam.resolved(Cursor(number: 7))
        #expect(exam.step == .ask(.begin))
        exam.resolved(Cursor(number: 4))
        #expect(exam.step == .look(from: Cursor(number: 5)))
        exam.found(Cursor(number: 5))
        #expect(exam.step == .hold(start: Cursor(number: 7)))
    }

    @Test(arguments: [7, nil] as [Int64?])
    func `a checkpoint below the start with no log group between passes`(first: Int64?) {
        var exam = StartExam(start: Self.start, checkpoint: Cursor(number: 5))
        exam.resolved(Cursor(number: 7))
        exam.resolved(Cursor(number: 4))
        exam.found(first.map { Cursor(number: $0) })
        #expect(exam.step == .passed)
    }

    @Test(arguments: [7, 9]) func `a checkpoint below a start that has expired meanwhile is a gap`(oldest: Int64) {
        var exam = StartExam(start: Self.start, checkpoint: Cursor(number: 5))
        exam.resolved(Cursor(number: 7))
        exam.resolved(Cursor(number: oldest))
        #expect(exam.step == .passed)
    }
}
