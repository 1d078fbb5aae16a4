package io.redoubt.protocol.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Hashes of libxxhash 0.8.3, for each branch of the algorithm and the lengths around each switch.
 */
final class Xxh3Test {
  @ParameterizedTest
  @CsvSource({
    "0,2d06800538d394c2",
    "1,e12ef9d2eb86ceeb",
    "2,9ed28877ed1f9bac",
    "3,04ff10c4faac80e8",
    "4,0840602a3a28eb47",
    "5,c8a5e5dda8d17143",
    "8,4929784fb2e7a9af",
    "9,3abfdb8ba2956065",
    "12,47c0e39510cf5b10",
    "16,8a9efe7e6639609b",
    "17,b3208c4ec19e15c1",
    "32,6a8fc88d916579f2",
    "33,9c14e5a420d93da3",
    "64,97257b521d434fbc",
    "65,ad27c5cb5aad6fa9",
    "96,1e62f396f93d415b",
    "97,f3ad615ca8b8670d",
    "128,7e40a7b99f8620f0",
    "129,a7b8871a67ac5a75",
    "144,eb67933ac1da63a6",
    "150,24c9e6d47444bf1f",
    "239,fc6f1775130100c5",
    "240,ddb20331351bbc7c",
    "241,3bc6fa347f0cfaff",
    "255,89ae76eaf707e5eb",
    "256,e2ce9102cdf90723",
    "319,68fc91e3c607b2a3",
    "320,285bdd539fa6cf82",
    "1023,e4b3f501fc7bda57",
    "1024,378dd4537ffb8737",
    "1025,7161602ea1b4b0c3",
    "1088,a9ff935d79c2c47d",
    "2048,c36bc039a08f06a5",
    "2049,a5073ad6a60ec681",
    "4095,dd1bc152e5abd809",
    "65536,9b37f56be9be6cff",
    "1000003,82e13f7aa5faf41c"
  })
  void hashesAsTheReferenceDoes(int length, String expected) {
    byte[] bytes = new byte[length + 3];
    for (int i = 0; i < length; i++) {
      bytes[i + 3] = (byte) (i * 31 + i / 256 * 7 + 1);
    }
    long hash = Xxh3.of(MemorySegment.ofArray(bytes), 3, length);
    assertThat(HexFormat.of().toHexDigits(hash)).isEqualTo(expected);
  }
}
