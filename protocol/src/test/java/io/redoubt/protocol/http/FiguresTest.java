package io.redoubt.protocol.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class FiguresTest {
  @Test
  void shortensBytes() {
    assertThat(Figures.bytes(0)).isEqualTo("0 B");
    assertThat(Figures.bytes(1023)).isEqualTo("1023 B");
    assertThat(Figures.bytes(2048)).isEqualTo("2 KB");
    assertThat(Figures.bytes(2600)).isEqualTo("2.5 KB");
    assertThat(Figures.bytes(300L << 30)).isEqualTo("300 GB");
    assertThat(Figures.bytes(Long.MAX_VALUE)).isEqualTo("8388608 TB");
  }

  @Test
  void shortensDurations() {
    assertThat(Figures.duration(333)).isEqualTo("333 ms");
    assertThat(Figures.duration(4200)).isEqualTo("4 s");
    assertThat(Figures.duration(180_000)).isEqualTo("3 min");
    assertThat(Figures.duration(7_200_000)).isEqualTo("2 h");
  }

  @Test
  void countsInWords() {
    assertThat(Figures.count(1, "replica")).isEqualTo("1 replica");
    assertThat(Figures.count(0, "replica")).isEqualTo("0 replicas");
    assertThat(Figures.count(16_384, "slot")).isEqualTo("16,384 slots");
  }
}
