import java.io.FileInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Authenticator;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.Proxy;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Java's own HTTP client, HttpURLConnection; exit code 0 when each page came with a status below 400.
 *
 * <p>usage: java Client PROXY USER PASSWORD CA_FILE TIMEOUT TASK URL [FILE | URL]
 */
public class Client {
    public static void main(String[] args) {
        try {
            run(args);
        } catch (Exception error) {
            System.err.println(error);
            System.exit(1);
        }
    }

    private static void run(String[] args) throws Exception {
        Authenticator.setDefault(new Authenticator() {
            private int asked;

            @Override
            protected PasswordAuthentication getPasswordAuthentication() {
                // Asked by a server, the login of the proxy is none; asked again after a refusal, there is no other.
                boolean none = getRequestorType() != RequestorType.PROXY || asked++ > 0;
                return none ? null : new PasswordAuthentication(args[1], args[2].toCharArray());
            }
        });
        trust(args[3]);
        URI at = URI.create(args[0]);
        Proxy proxy = new Proxy(Proxy.Type.HTTP, new InetSocketAddress(at.getHost(), at.getPort()));
        int timeout = Integer.parseInt(args[4]) * 1000;
        boolean upload = args[5].equals("upload");
        for (int number = 6; number < (upload ? 7 : args.length); number++) {
            HttpURLConnection connection = (HttpURLConnection) URI.create(args[number]).toURL().openConnection(proxy);
            connection.setConnectTimeout(timeout);
            connection.setReadTimeout(timeout);
            if (upload) {
                connection.setDoOutput(true);
                try (OutputStream out = connection.getOutputStream()) {
                    Files.copy(Path.of(args[7]), out);
                }
            }
            try (InputStream in = connection.getInputStream()) {
                in.transferTo(OutputStream.nullOutputStream());
            }
        }
    }

    private static void trust(String file) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (FileInputStream in = new FileInputStream(file)) {
            store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, trust.getTrustManagers(), null);
        HttpsURLConnection.setDefaultSSLSocketFactory(tls.getSocketFactory());
    }
}
