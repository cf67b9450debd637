package nl.voorbeeld.inkoop;

import java.io.IOException;
import java.nio.file.Path;

/**
 * The back end of an insurer: asks what a provider can claim, and follows what changes.
 *
 * <pre>
 * java -jar inkoop.jar budget 127.0.0.1:50053 06992516 2027
 * java -jar inkoop.jar follow 127.0.0.1:50053 budget cursor.txt
 * </pre>
 *
 * Ends with 1 when a service refuses, 2 when it is called wrongly, and 3 when no service answers, or not in time: then
 * the same command can simply be given again.
 */
public final class Main {
    private static final String USAGE = """
            gebruik: inkoop budget ADRES AGB JAAR
                     inkoop follow ADRES DIENST CURSORBESTAND""";

    private Main() {}

    public static void main(String[] arguments) throws IOException {
        System.exit(run(arguments));
    }

    private static int run(String[] arguments) throws IOException {
        if (arguments.length != 4) {
            System.err.println(USAGE);
            return 2;
        }
        String address = arguments[1];
        try {
            switch (arguments[0]) {
                case "budget" -> {
                    try (Service budget = new Service("budget", address, "inkoop@verzekeraar")) {
                        Budget.print(System.out, budget, arguments[2], Integer.parseInt(arguments[3]));
                    }
                }
                case "follow" -> {
                    try (Service service = new Service(arguments[2], address, "inkoop@verzekeraar")) {
                        new Follower(service, new CursorFile(Path.of(arguments[3]))).run(System.out);
                    }
                }
                default -> {
                    System.err.println(USAGE);
                    return 2;
                }
            }
            return 0;
        } catch (Refused refused) {
            System.err.println(refused.getMessage());
            return 1;
        } catch (NotAnswered notAnswered) {
            System.err.println(notAnswered.getMessage());
            return 3;
        }
    }
}
