package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.RealRedis;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server in a locale with a decimal comma. */
final class LocaleIT {
  private static final Path SERVER = Distribution.HOME.resolve("bin/redis-server");

  @TempDir private Path folder;

  @Test
  void scriptsHaveNumbersWithAPoint() throws Exception {
    RealRedis.assumeInstalled(
        Files.exists(Path.of("/usr/share/i18n/locales/de_DE")), "the Debian package locales");
    Path locale = folder.resolve("de_DE.UTF-8");
    Distribution.Result compiled = // warnings set its exit status, too
        Distribution.run(
            Map.of(), "localedef", "--no-archive", "-i", "de_DE", "-f", "UTF-8", locale.toString());
    assertThat(locale.resolve("LC_NUMERIC")).as(compiled.output()).exists();
    Map<String, String> environment = Map.of("LOCPATH", folder.toString(), "LC_ALL", "de_DE.UTF-8");
    try (NodeProcess node = Distribution.start(SERVER, folder, environment, "--save", "")) {
      for (List<String> script :
          List.of(
              List.of("return tostring(12.5)", "12.5"),
              List.of("return tostring(tonumber('12.5'))", "12.5"),
              List.of("return string.format('%.2f', 1.5)", "1.50"),
              List.of("return tostring('1.5' + 1)", "2.5"),
              List.of("return tostring(loadstring('return 1.5')())", "1.5"),
              List.of("return cjson.encode({1.5})", "[1.5]"),
              List.of("return tostring(cjson.decode('[1.5]')[1])", "1.5"),
              List.of("return redis.call('INCRBYFLOAT', 'key', 1.25)", "1.25"))) {
        assertThat(node.ask("EVAL", script.getFirst(), "0").text())
            .as(script.getFirst())
            .isEqualTo(script.getLast());
      }
      node.ask("SCRIPT", "FLUSH");
      assertThat(node.ask("EVAL", "return tostring(0.5)", "0").text()).isEqualTo("0.5");
      assertThat(node.info("clients")).containsEntry("connected_clients", "1");
    }
  }
}
