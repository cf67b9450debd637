package nl.voorbeeld.inkoop;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The back end of an insurer: asks what a provider can claim, and follows what changes.
 *
 * <pre>
 * java -jar inkoop.jar budget 127.0.0.1:50053 06992516 2027
 * java -jar inkoop.jar follow 127.0.0.1:50053 budget cursor.txt
 * </pre>
 *
 * Ends with 1 when a service refuses, 2 when something on this side is wrong (the command, a file, the output), and 3
 * when no service answers, or not in time: then the same command can simply be given again.
 */
public final class Main {
    private static final String ACTOR = "inkoop@verzekeraar";
    private static final String USAGE = """
            gebruik: inkoop budget ADRES AGB JAAR
                     inkoop follow ADRES DIENST CURSORBESTAND""";

    private Main() {}

    public static void main(String[] arguments) {
        // UTF-8 whatever the locale, for in some of them there is no euro.
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        PrintStream err = new PrintStream(System.err, true, StandardCharsets.UTF_8);
        System.exit(run(arguments, out, err));
    }

    private static int run(String[] arguments, PrintStream out, PrintStream err) {
        try {
            execute(arguments, out);
            return 0;
        } catch (Refused refused) {
            err.println(refused.getMessage());
            return 1;
        } catch (IllegalArgumentException wrong) {
            err.println(wrong.getMessage());
            return 2;
        } catch (IOException failed) {
            // Its class is part of what it tells: of a file that is not there, the message is the path alone.
            err.println(failed);
            return 2;
        } catch (NotAnswered notAnswered) {
            err.println(notAnswered.getMessage());
            return 3;
        }
    }

    private static void execute(String[] arguments, PrintStream out) throws IOException {
        if (arguments.length != 4) {
            throw new IllegalArgumentException(USAGE);
        }
        String address = arguments[1];
        switch (arguments[0]) {
            case "budget" -> {
                try (Service budget = new Service("budget", address, ACTOR)) {
                    Budget.print(out, budget, arguments[2], arguments[3]);
                }
            }
            case "follow" -> {
                try (Service service = new Service(arguments[2], address, ACTOR)) {
                    new Follower(service, new CursorFile(Path.of(arguments[3]))).run(out);
                }
            }
            default -> throw new IllegalArgumentException(USAGE);
        }
    }
}
