package nl.voorbeeld.inkoop;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Where a follower is, in a file that is whole at every moment. */
final class CursorFile {
    private final Path file;

    CursorFile(Path file) {
        this.file = file;
    }

    /** The cursor; empty, which is the beginning, when there is none yet. */
    String read() throws IOException {
        return Files.exists(file) ? Files.readString(file).strip() : "";
    }

    /** Puts another in its place: whoever reads finds the one or the other, also after a crash. */
    void write(String cursor) throws IOException {
        Path beside = file.resolveSibling(file.getFileName() + ".nieuw");
        Files.writeString(beside, cursor);
        try (FileChannel written = FileChannel.open(beside, StandardOpenOption.WRITE)) {
            written.force(true);
        }
        Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
