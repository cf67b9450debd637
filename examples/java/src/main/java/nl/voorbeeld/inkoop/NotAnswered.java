package nl.voorbeeld.inkoop;

import io.grpc.StatusRuntimeException;

/** The service did not answer, or not in time: what became of the call is not known. Ask again. */
final class NotAnswered extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotAnswered(StatusRuntimeException ended) {
        super("geen antwoord: " + ended.getMessage(), ended);
    }
}
