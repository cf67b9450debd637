package nl.voorbeeld.inkoop;

import java.io.IOException;
import java.io.PrintStream;
import nl.spoedkader.budget.v1.BudgetServiceGrpc;
import nl.spoedkader.budget.v1.CalculateBudgetRequest;
import nl.spoedkader.budget.v1.Calculation;
import nl.spoedkader.budget.v1.LocationBudget;

/** What a provider can claim, with every step of the calculation, so that a person can redo it by hand. */
final class Budget {
    private Budget() {}

    static void print(PrintStream out, Service service, String agb, String year) throws IOException {
        CalculateBudgetRequest request = CalculateBudgetRequest.newBuilder()
                .setName("providers/%s/budgets/%s".formatted(agb, year))
                .build();
        Calculation calculation = service.call(
                () -> BudgetServiceGrpc.newBlockingStub(service.channel()).calculateBudget(request));
        out.println(calculation.getName());
        for (LocationBudget location : calculation.getLocationsList()) {
            out.printf("%n%s  %s%n", location.getLocation(), Euros.text(location.getBudget()));
            StepTable.lines(location.getStepsList()).forEach(out::println);
        }
        out.printf("%nzorgaanbieder  %s%n", Euros.text(calculation.getBudget()));
        StepTable.lines(calculation.getStepsList()).forEach(out::println);
        Output.handOver(out);
    }
}
