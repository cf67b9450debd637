package nl.voorbeeld.inkoop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.BadRequest.FieldViolation;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.List;
import org.junit.jupiter.api.Test;

class RefusedTest {
    private static StatusRuntimeException ended(Code code, String message, Message... details) {
        Status.Builder status = Status.newBuilder().setCode(code.value()).setMessage(message);
        for (Message detail : details) {
            status.addDetails(Any.pack(detail));
        }
        return StatusProto.toStatusRuntimeException(status.build());
    }

    private static ErrorInfo info(String domain, String reason) {
        return ErrorInfo.newBuilder().setDomain(domain).setReason(reason).build();
    }

    private static FieldViolation violation(String field, String description) {
        return FieldViolation.newBuilder().setField(field).setDescription(description).build();
    }

    @Test
    void aRefusalTellsItsReasonAndEveryWrongField() {
        BadRequest wrong = BadRequest.newBuilder()
                .addFieldViolations(violation("closure.start_time", "ontbreekt"))
                .addFieldViolations(violation("closure.reason", "is te lang"))
                .build();
        RuntimeException meant = Refused.orNotAnswered(
                ended(Code.INVALID_ARGUMENT, "er is iets mis", wrong, info("spoedkader", "INVALID_INPUT")));
        assertEquals("INVALID_INPUT", assertInstanceOf(Refused.class, meant).reason());
        assertEquals(
                List.of(
                        "INVALID_INPUT: er is iets mis",
                        "  closure.start_time: ontbreekt",
                        "  closure.reason: is te lang"),
                meant.getMessage().lines().toList());
    }

    @Test
    void whatTheServiceDidNotSayIsNoAnswer() {
        assertInstanceOf(NotAnswered.class, Refused.orNotAnswered(ended(Code.UNAVAILABLE, "weg")));
        assertInstanceOf(
                NotAnswered.class,
                Refused.orNotAnswered(ended(Code.PERMISSION_DENIED, "een proxy", info("elders.example", "NEE"))));
        assertInstanceOf(
                NotAnswered.class, Refused.orNotAnswered(new StatusRuntimeException(io.grpc.Status.DEADLINE_EXCEEDED)));
    }
}
