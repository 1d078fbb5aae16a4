package io.redoubt.protocol.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class LeaseTableTest {
  private static final long MILLIS = 1_000_000;
  private static final List<String> IDS = List.of("1".repeat(40), "2".repeat(40), "3".repeat(40));

  private final LeaseTable table = new LeaseTable();
  private final long[] sequences = new long[3];

  private static LeaseOffer offer(int sentinel, long sequence, long confirmed, long millis) {
    List<String> others = new ArrayList<>(IDS);
    others.remove(sentinel);
    return new LeaseOffer("m", IDS.get(sentinel), sequence, confirmed, millis, others);
  }

  /** Delivers a message that confirms the answer to the previous one. */
  private String hear(int sentinel, long atMillis, long leaseMillis) {
    long confirmed = sequences[sentinel]++;
    return table.receive(
        offer(sentinel, sequences[sentinel], confirmed, leaseMillis), atMillis * MILLIS, true);
  }

  private boolean isValid(long atMillis) {
    return table.isValid(atMillis * MILLIS);
  }

  @Test
  void countsFromTheMessageWhoseAnswerArrived() {
    assertThat(hear(0, 0, 1000)).isEqualTo(LeaseOffer.FREE);
    hear(1, 0, 1000);
    assertThat(table.isArmed()).isFalse();
    assertThat(hear(0, 500, 1000)).isEqualTo(LeaseOffer.HELD);
    assertThat(isValid(500)).isFalse();
    hear(1, 600, 1000);
    assertThat(table.isArmed()).isTrue();
    assertThat(isValid(979)).isTrue();
    assertThat(isValid(980)).isFalse();
  }

  @Test
  void ignoresAConfirmationOfAnEarlierMessage() {
    hear(0, 0, 1000);
    hear(1, 0, 1000);
    hear(0, 100, 1000);
    hear(1, 100, 1000);
    assertThat(isValid(900)).isTrue();
    table.receive(offer(0, 9, 1, 1000), 900 * MILLIS, true);
    table.receive(offer(1, 9, 1, 1000), 900 * MILLIS, true);
    assertThat(isValid(1000)).isFalse();
  }

  @Test
  void aMinorityDoesNotSuffice() {
    hear(0, 0, 1000);
    hear(0, 1, 1000);
    assertThat(isValid(1)).isFalse();
    assertThat(table.isArmed()).isFalse();
  }

  @Test
  void endsAtOnceWhenTakenBack() {
    armed();
    assertThat(isValid(200)).isTrue();
    hear(0, 200, 0);
    assertThat(isValid(200)).isFalse();
    assertThat(table.isArmed()).isTrue();
  }

  private void armed() {
    for (int i = 0; i < 2; i++) {
      hear(i, 100, 1000);
      hear(i, 100, 1000);
    }
  }

  @Test
  void needsNoLeaseOfASentinelThatLeft() {
    armed();
    hear(2, 100, 1000);
    table.receive(offer(1, 9, 0, LeaseOffer.LEAVING), 100 * MILLIS, true);
    assertThat(isValid(200)).isFalse(); // one of two sentinels
    table.receive(offer(2, 9, 0, LeaseOffer.LEAVING), 100 * MILLIS, true);
    hear(0, 150, 1000);
    assertThat(isValid(200)).isTrue(); // one of one sentinel
    table.receive(offer(0, 9, 0, LeaseOffer.LEAVING), 200 * MILLIS, true);
    assertThat(table.isArmed()).isFalse();
  }

  @Test
  void aReplicaIsArmedByTheFirstMessage() {
    table.receive(offer(0, 1, 0, 0), 0, false);
    assertThat(table.isArmed()).isTrue();
    assertThat(isValid(0)).isFalse();
  }

  @Test
  void aMasterThatSentinelsTakeForNoneIsArmed() {
    hear(0, 0, 0);
    assertThat(table.isArmed()).as("the sentinel has just started").isFalse();
    assertThat(hear(0, 100, LeaseOffer.NOT_MASTER)).isEqualTo(LeaseOffer.FREE);
    assertThat(table.isArmed()).isTrue();
    assertThat(isValid(100)).isFalse();
  }

  @Test
  void forgetsASentinelThatAMajorityNoLongerNames() {
    armed();
    hear(2, 100, 1000);
    LeaseOffer alone = new LeaseOffer("m", IDS.get(0), 9, 0, 1000, List.of(IDS.get(1)));
    table.receive(alone, 60_000 * MILLIS, true);
    assertThat(table.sentinels()).hasSize(3);
    LeaseOffer other = new LeaseOffer("m", IDS.get(1), 9, 0, 1000, List.of(IDS.get(0)));
    table.receive(other, 60_000 * MILLIS, true);
    assertThat(table.sentinels()).containsExactly(IDS.get(0), IDS.get(1));
  }

  @Test
  void remembersThatALeaseIsNeeded() {
    table.restore(Set.of(IDS.get(0), IDS.get(1)));
    assertThat(table.isArmed()).isTrue();
    assertThat(isValid(0)).isFalse();
  }

  @Test
  void readsOnlyWhatASentinelWrites() {
    LeaseOffer offer = offer(0, 7, 6, 900);
    assertThat(LeaseOffer.parse(offer.format())).isEqualTo(offer);
    LeaseOffer alone = new LeaseOffer("m", IDS.get(0), 1, 0, LeaseOffer.LEAVING, List.of());
    assertThat(LeaseOffer.parse(alone.format())).isEqualTo(alone);
    assertThat(LeaseOffer.parse("hello")).isNull();
    assertThat(LeaseOffer.parse(offer.format() + " more")).isNull();
    assertThat(LeaseOffer.parse(offer.format().replace(" 900 ", " 99999999999 "))).isNull();
    assertThat(LeaseOffer.parse(offer.format().replace(" 7 ", " -7 "))).isNull();
    assertThat(LeaseOffer.parse(offer.format().replace(" 7 ", " x "))).isNull();
    assertThat(LeaseOffer.parse(offer.format().replace("2".repeat(40), "2"))).isNull();
  }
}
