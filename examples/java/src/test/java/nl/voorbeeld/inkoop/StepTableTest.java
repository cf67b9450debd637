package nl.voorbeeld.inkoop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import nl.spoedkader.budget.v1.Step;
import org.junit.jupiter.api.Test;

class StepTableTest {
    @Test
    void valuesStandBelowEachOther() {
        Step hours = Step.newBuilder()
                .setRule("AMB-01")
                .setDescription("Toets aan de drempel.")
                .setResult("naar rato")
                .addInputs(Step.Value.newBuilder().setLabel("gesloten").setValue("175560 minuten"))
                .build();
        Step sum = Step.newBuilder().setRule("A2").setDescription("Som.").setResult("€ 1,00").build();
        assertEquals(
                List.of(
                        "  AMB-01  Toets aan de drempel.  naar rato",
                        "            gesloten             175560 minuten",
                        "  A2      Som.                   € 1,00"),
                StepTable.lines(List.of(hours, sum)));
    }

    @Test
    void noStepsAreNoLines() {
        assertEquals(List.of(), StepTable.lines(List.of()));
    }
}
