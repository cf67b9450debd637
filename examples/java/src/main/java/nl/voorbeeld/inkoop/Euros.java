package nl.voorbeeld.inkoop;

import com.google.type.Money;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.text.NumberFormat;
import java.util.Locale;

/** Amounts as people read them. */
final class Euros {
    private static final Locale DUTCH = Locale.forLanguageTag("nl-NL");
    private static final int NANO_DIGITS = 9;

    private Euros() {}

    /** As in € 3.063.515,98. The services give whole cents; what is smaller would be a mistake, and is not rounded. */
    static String text(Money money) {
        BigDecimal amount = BigDecimal.valueOf(money.getUnits())
                .add(BigDecimal.valueOf(money.getNanos(), NANO_DIGITS))
                .setScale(2, RoundingMode.UNNECESSARY);
        NumberFormat format = NumberFormat.getNumberInstance(DUTCH);
        format.setMinimumFractionDigits(2);
        return (amount.signum() < 0 ? "-€ " : "€ ") + format.format(amount.abs());
    }
}
