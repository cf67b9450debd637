package nl.voorbeeld.inkoop;

import java.io.PrintStream;
import java.util.List;
import nl.spoedkader.budget.v1.BudgetServiceGrpc;
import nl.spoedkader.budget.v1.CalculateBudgetRequest;
import nl.spoedkader.budget.v1.Calculation;
import nl.spoedkader.budget.v1.LocationBudget;
import nl.spoedkader.budget.v1.Step;

/** What a provider can claim, with every step of the calculation, so that a person can redo it by hand. */
final class Budget {
    private Budget() {}

    static void print(PrintStream out, Service service, String agb, int year) {
        CalculateBudgetRequest request = CalculateBudgetRequest.newBuilder()
                .setName("providers/%s/budgets/%d".formatted(agb, year))
                .build();
        Calculation calculation = service.call(
                () -> BudgetServiceGrpc.newBlockingStub(service.channel()).calculateBudget(request));
        out.println(calculation.getName());
        for (LocationBudget location : calculation.getLocationsList()) {
            out.printf("%n%s  %s%n", location.getLocation(), Euros.text(location.getBudget()));
            print(out, location.getStepsList());
        }
        out.printf("%nzorgaanbieder  %s%n", Euros.text(calculation.getBudget()));
        print(out, calculation.getStepsList());
    }

    private static void print(PrintStream out, List<Step> steps) {
        for (Step step : steps) {
            out.printf("  %-8s %s = %s%n", step.getRule(), step.getDescription(), step.getResult());
            step.getInputsList().forEach(input -> out.printf("           %s: %s%n", input.getLabel(), input.getValue()));
        }
    }
}
