package nl.voorbeeld.inkoop;

import java.util.ArrayList;
import java.util.List;
import nl.spoedkader.budget.v1.Step;

/** The steps of a calculation as a table: the rule, what it is about, and the value. */
final class StepTable {
    private record Row(String rule, String subject, String value) {}

    private StepTable() {}

    /** The lines of the table: of each step what came out, and below it what went in. */
    static List<String> lines(List<Step> steps) {
        List<Row> rows = new ArrayList<>();
        for (Step step : steps) {
            rows.add(new Row(step.getRule(), step.getDescription(), step.getResult()));
            step.getInputsList().forEach(input -> rows.add(new Row("", "  " + input.getLabel(), input.getValue())));
        }
        int ruleWidth = rows.stream().mapToInt(row -> row.rule().length()).max().orElse(0);
        int subjectWidth = rows.stream().mapToInt(row -> row.subject().length()).max().orElse(0);
        return rows.stream()
                .map(row -> "  " + padded(row.rule(), ruleWidth) + "  " + padded(row.subject(), subjectWidth) + "  "
                        + row.value())
                .toList();
    }

    private static String padded(String text, int width) {
        return text + " ".repeat(width - text.length());
    }
}
