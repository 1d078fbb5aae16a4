package io.redoubt.server.cluster.slot;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SlotTagTest {
  @Test
  void everySlotHasATag() {
    for (int slot = 0; slot < SlotSet.SLOTS; slot++) {
      String tag = SlotTag.of(slot);
      assertThat(tag).hasSize(3);
      if (SlotTag.slot(tag) != slot) {
        assertThat(tag).as("a tag of slot " + slot).isEmpty();
      }
    }
  }
}
