package io.redoubt.protocol.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalZoneTest {
  @TempDir private Path directory;

  @Test
  void prefersThePropertyToTheVariableToTheSetting() throws IOException {
    Path berlin = link("/usr/share/zoneinfo/Europe/Berlin");

    assertThat(LocalZone.isUtc("Etc/UTC", "Europe/Berlin", berlin)).isTrue();
    assertThat(LocalZone.isUtc("Europe/Berlin", "UTC", berlin)).isFalse();
    assertThat(LocalZone.isUtc("", "UTC", berlin)).isTrue();
    assertThat(LocalZone.isUtc(null, ":Etc/UTC", berlin)).isTrue();
    assertThat(LocalZone.isUtc(null, "CET-1CEST", berlin)).isFalse();
    assertThat(LocalZone.isUtc(null, "", berlin)).isFalse();
  }

  @Test
  void followsTheLinkOfTheSystem() throws IOException {
    assertThat(LocalZone.isUtc(null, null, link("../usr/share/zoneinfo/Etc/UTC"))).isTrue();
  }

  @Test
  void isUtcWithoutASetting() {
    assertThat(LocalZone.isUtc(null, null, directory.resolve("none"))).isTrue();
  }

  @Test
  void doesNotJudgeACopyOfRules() throws IOException {
    Path copy = Files.writeString(directory.resolve("copy"), "TZif2");

    assertThat(LocalZone.isUtc(null, null, copy)).isFalse();
  }

  @Test
  void agreesWithTheJdk() {
    Instant now = Instant.now();

    assertThat(LocalZone.get().getRules().getOffset(now))
        .isEqualTo(ZoneId.systemDefault().getRules().getOffset(now));
  }

  private Path link(String target) throws IOException {
    return Files.createSymbolicLink(directory.resolve("localtime"), Path.of(target));
  }
}
