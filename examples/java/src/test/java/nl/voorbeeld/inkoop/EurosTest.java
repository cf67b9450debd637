package nl.voorbeeld.inkoop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.type.Money;
import org.junit.jupiter.api.Test;

class EurosTest {
    private static Money money(long units, int nanos) {
        return Money.newBuilder().setCurrencyCode("EUR").setUnits(units).setNanos(nanos).build();
    }

    @Test
    void amountsReadAsInDutch() {
        assertEquals("€ 3.063.515,98", Euros.text(money(3_063_515, 980_000_000)));
        assertEquals("€ 0,05", Euros.text(money(0, 50_000_000)));
        assertEquals("-€ 1.000,50", Euros.text(money(-1000, -500_000_000)));
    }

    @Test
    void partsOfACentAreNotRoundedAway() {
        assertThrows(ArithmeticException.class, () -> Euros.text(money(1, 1)));
    }
}
