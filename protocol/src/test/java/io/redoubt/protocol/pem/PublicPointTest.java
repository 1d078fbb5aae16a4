package io.redoubt.protocol.pem;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECPrivateKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys written by OpenSSL, which contain their public points. */
final class PublicPointTest {
  private static PemFile pem(String name) throws Exception {
    Path file = Path.of(PublicPointTest.class.getResource(name).toURI());
    return PemFile.of(Files.readAllBytes(file));
  }

  private static PublicKey certified() throws Exception {
    return pem("ec.crt").certificates().getFirst().getPublicKey();
  }

  @ParameterizedTest
  @ValueSource(strings = {"ec.pkcs8", "ec.sec1", "ec.sec1-aes256", "ec.sec1-parameters"})
  void isPartOfEachForm(String name) throws Exception {
    PrivateKey key = pem(name).privateKey("secret");
    assertThat(PublicPoint.isPartOf(key, certified())).isTrue();
  }

  @Test
  void differsFromThatOfAnotherKey() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    PublicKey other = generator.generateKeyPair().getPublic();
    assertThat(PublicPoint.isPartOf(pem("ec.sec1").privateKey(""), other)).isFalse();
  }

  @Test
  void canBeMissing() throws Exception {
    ECPrivateKey whole = (ECPrivateKey) pem("ec.sec1").privateKey("");
    PrivateKey bare =
        KeyFactory.getInstance("EC")
            .generatePrivate(new ECPrivateKeySpec(whole.getS(), whole.getParams()));
    assertThat(PublicPoint.isPartOf(bare, certified())).isFalse();
  }
}
