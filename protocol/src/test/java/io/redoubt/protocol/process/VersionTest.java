package io.redoubt.protocol.process;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The entry of the manifest that names the build. */
final class VersionTest {
  private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

  @Test
  void namesNumberAndCommit() {
    Version clean = Version.parse("1.0.0-SNAPSHOT+" + COMMIT);
    assertThat(clean.number()).isEqualTo("1.0.0-SNAPSHOT");
    assertThat(clean.commit()).isEqualTo("01234567");
    assertThat(clean.dirty()).isZero();
    assertThat(clean.describe())
        .isEqualTo(
            "Redoubt 1.0.0-SNAPSHOT, commit 01234567, compatible with Redis 7.2.6, Java "
                + Runtime.version());
  }

  @Test
  void tellsChangedSources() {
    Version changed = Version.parse("1.2.3+" + COMMIT + ".dirty");
    assertThat(changed.number()).isEqualTo("1.2.3");
    assertThat(changed.dirty()).isEqualTo(1);
    assertThat(changed.describe()).contains("commit 01234567 (modified)");
  }

  @Test
  void hasZerosWithoutACommit() {
    for (String entry : new String[] {null, "1.0.0", "1.0.0+${redoubt.commit}"}) {
      assertThat(Version.parse(entry).commit()).isEqualTo("00000000");
      assertThat(Version.parse(entry).number()).isEqualTo(entry == null ? "development" : "1.0.0");
    }
  }
}
