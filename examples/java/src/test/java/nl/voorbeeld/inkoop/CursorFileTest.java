package nl.voorbeeld.inkoop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CursorFileTest {
    @TempDir
    Path folder;

    @Test
    void aCursorIsKeptAndReplaced() throws IOException {
        CursorFile cursor = new CursorFile(folder.resolve("cursor.txt"));
        assertEquals("", cursor.read());
        cursor.write("bmE6MQ==");
        cursor.write("bmE6Mg==");
        assertEquals("bmE6Mg==", new CursorFile(folder.resolve("cursor.txt")).read());
        try (var files = Files.list(folder)) {
            assertEquals(1, files.count());
        }
    }
}
