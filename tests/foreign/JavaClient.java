import java.io.FileInputStream;
import java.net.Authenticator;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.Proxy;
import java.net.URL;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Java's own HTTP client, HttpURLConnection, through an NTLM proxy; prints the final status code.
 *
 * <p>usage: java JavaClient.java PROXY_HOST PROXY_PORT URL DOMAIN USER PASSWORD [CA_FILE]
 */
public class JavaClient {
    public static void main(String[] args) throws Exception {
        Authenticator.setDefault(new Authenticator() {
            private int asked;

            @Override
            protected PasswordAuthentication getPasswordAuthentication() {
                // Asked again after a refusal: there is no other password, so give up.
                return asked++ > 0 ? null : new PasswordAuthentication(args[3] + "\\" + args[4], args[5].toCharArray());
            }
        });
        if (args.length > 6) {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            try (FileInputStream file = new FileInputStream(args[6])) {
                store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(file));
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            SSLContext tls = SSLContext.getInstance("TLS");
            tls.init(null, trust.getTrustManagers(), null);
            HttpsURLConnection.setDefaultSSLSocketFactory(tls.getSocketFactory());
        }
        Proxy proxy = new Proxy(Proxy.Type.HTTP, new InetSocketAddress(args[0], Integer.parseInt(args[1])));
        HttpURLConnection connection = (HttpURLConnection) new URL(args[2]).openConnection(proxy);
        connection.setConnectTimeout(20_000);
        connection.setReadTimeout(20_000);
        try {
            System.out.println(connection.getResponseCode());
        } catch (java.io.IOException refused) {
            // A refused CONNECT is an exception: Unable to tunnel through proxy. Proxy returns "HTTP/1.1 407 ..."
            var status = java.util.regex.Pattern.compile("HTTP/1\\.[01] (\\d{3})").matcher(String.valueOf(refused.getMessage()));
            System.out.println(status.find() ? status.group(1) : refused.toString());
        }
    }
}
