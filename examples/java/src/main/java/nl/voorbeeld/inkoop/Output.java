package nl.voorbeeld.inkoop;

import java.io.IOException;
import java.io.PrintStream;

/** What was printed, as something that can fail. */
final class Output {
    private Output() {}

    /** Fails when not all of it was handed over; a PrintStream keeps to itself that a disk is full or a reader gone. */
    static void handOver(PrintStream out) throws IOException {
        if (out.checkError()) {
            throw new IOException("de uitvoer kan niet worden geschreven");
        }
    }
}
