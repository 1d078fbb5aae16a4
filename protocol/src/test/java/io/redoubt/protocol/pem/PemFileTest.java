package io.redoubt.protocol.pem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.Seed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.interfaces.ECPrivateKey;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys written by OpenSSL. */
final class PemFileTest {
  private static final String PASSWORD = "secret";

  private static Path file(String name) throws Exception {
    return Path.of(PemFileTest.class.getResource(name).toURI());
  }

  private static PemFile pem(String name) throws Exception {
    return PemFile.of(Files.readAllBytes(file(name)));
  }

  private static PrivateKey key(String name, String password) throws Exception {
    return pem(name).privateKey(password);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rsa.pkcs1",
        "rsa.pkcs1-aes128",
        "rsa.pkcs1-aes192",
        "rsa.pkcs1-aes256",
        "rsa.pkcs1-des3",
        "rsa.pkcs8-pbe3des",
        "rsa.pkcs8-pbedes",
        "rsa.pkcs8-sha1",
        "rsa.pkcs8-sha512",
        "rsa.both",
        "ec.sec1",
        "ec.sec1-aes256",
        "ec.sec1-parameters",
        "ed25519.pkcs8-aes128",
        "ed25519.pkcs8-aes192",
        "ed25519.pkcs8-aes256",
        "ed25519.pkcs8-des3"
      })
  void readsTheSameKeyFromEachForm(String name) throws Exception {
    String plain = name.substring(0, name.indexOf('.')) + ".pkcs8";
    assertThat(secret(key(name, PASSWORD))).isEqualTo(secret(key(plain, "")));
  }

  /** Returns the value that identifies the key: an encoded EC key names its curve once or twice. */
  private static Object secret(PrivateKey key) {
    return key instanceof ECPrivateKey curve ? curve.getS() : List.of(key);
  }

  @ParameterizedTest
  @ValueSource(strings = {"rsa.pkcs1-aes256", "rsa.pkcs8-sha512", "rsa.pkcs8-pbe3des"})
  void asksForTheRightPassword(String name) throws Exception {
    assertThatThrownBy(() -> key(name, ""))
        .hasMessage("the key is encrypted and there is no password for it");
    assertThatThrownBy(() -> key(name, "wrong")).isInstanceOf(KeyFormatException.class);
  }

  @Test
  void ignoresThePasswordOfAPlainKey() throws Exception {
    assertThat(key("rsa.pkcs1", PASSWORD)).isEqualTo(key("rsa.pkcs1", ""));
  }

  @Test
  void namesWhatItDoesNotRead() throws Exception {
    assertThatThrownBy(() -> key("rsa.pkcs8-scrypt", PASSWORD))
        .hasMessageContaining("1.3.6.1.4.1.11591.4.11 are not supported");
    assertThatThrownBy(() -> key("rsa.crt", "")).hasMessage("no private key (PEM)");
    assertThat(pem("rsa.pkcs1").certificates()).isEmpty();
  }

  @Test
  void readsCertificatesBesideOtherBlocks() throws Exception {
    var certificates = pem("rsa.crt").certificates();
    assertThat(certificates).hasSize(1);
    assertThat(pem("rsa.both").certificates()).isEqualTo(certificates);
    assertThat(pem("rsa.trusted").certificates()).isEqualTo(certificates);
  }

  /** Damage either causes the one exception that callers expect, or changes nothing. */
  @Test
  void reportsDamagedKeys() throws Exception {
    RandomGenerator random = Seed.random("PemFileTest");
    String[] names = {"rsa.pkcs1", "ec.sec1", "ec.sec1-aes256", "ed25519.pkcs8-aes256", "rsa.crt"};
    int refused = 0;
    for (int i = 0; i < 2000; i++) {
      byte[] bytes = Files.readAllBytes(file(names[random.nextInt(names.length)]));
      if (random.nextInt(4) == 0) {
        bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
      } else {
        int at = random.nextInt(bytes.length);
        bytes[at] = (byte) random.nextInt(128);
      }
      try {
        PemFile pem = PemFile.of(bytes);
        pem.certificates();
        pem.privateKey(PASSWORD);
      } catch (KeyFormatException e) {
        refused++;
      }
    }
    assertThat(refused).isPositive();
  }
}
