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

    /// An exam of a checkpoint at 5, with log groups kept from 4 on and the start at 7, that looks for the first one.
    private static func looking() -> StartExam {
        var exam = StartExam(start: start, checkpoint: at(5))
        exam.resolved(at(7))
        #expect(exam.step == .ask(.begin))
        exam.resolved(at(4))
        #expect(exam.step == .look(from: at(5)))
        return exam
    }

    @Test func `a checkpoint below the start is held while older log groups are kept`() {
        var exam = Self.looking()
        exam.found(at(5), next: at(6))
        #expect(exam.step == .hold(start: at(7)))
    }

    @Test(arguments: [(7, 8), (nil, 5), (nil, 7), (nil, 9)] as [(Int64?, Int64)])
    func `a checkpoint below the start with no log group between passes`(first: Int64?, next: Int64) {
        var exam = Self.looking()
        exam.found(first.map(at), next: at(next))
        #expect(exam.step == .passed)
    }

    @Test(arguments: [(6, .hold(start: at(7))), (7, .passed), (nil, .passed)] as [(Int64?, StartExam.Step)])
    func `an answer without log groups that goes on is followed up to the start`(first: Int64?, step: StartExam.Step) {
        var exam = Self.looking()
        exam.found(nil, next: at(6))
        #expect(exam.step == .look(from: at(6)))
        exam.found(first.map(at), next: at(7))
        #expect(exam.step == step)
    }

    @Test(arguments: [7, 9]) func `a checkpoint below a start that has expired meanwhile is a gap`(oldest: Int64) {
        var exam = StartExam(start: Self.start, checkpoint: Cursor(number: 5))
        exam.resolved(Cursor(number: 7))
        exam.resolved(Cursor(number: oldest))
        #expect(exam.step == .passed)
    }
}

private func at(_ number: Int64) -> Cursor { Cursor(number: number) }
