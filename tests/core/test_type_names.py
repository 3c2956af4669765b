"""What people text who know no form: which type it is taken for, and what is taken for none (B2, A12)."""

import pytest

from alertnet.core.inbound.sms_grammar import parse_report

TOLD = {
    "killing": """
        our colleague was assasinated
        soldiers shot and killed a farmer
        P9 est decede de ses blessures
        P9 died from gunshot wounds
        two villagers dead after army attack
        hay muertos en la plaza
        deux morts devant la mairie
        they found his body by the river
        P1 did not survive
        encontraron el cuerpo de Luis en el rio
        acribillaron al lider
        on a retrouve son corps
        le chef du village a ete execute
        they killed the chief of the village
        a body was found near L4 we think it is P1
        mataron a tiros al profesor
        hallaron muerta a la lideresa
        ils ont tue le pasteur
        il a ete battu a mort
        mass grave found, P1 among them
        a gang shot dead the union leader
        le pasteur a ete tue par balles
        aparecio muerto don Luis en el cafetal
        he was gunned down outside the church this morning
        after the workshop on rights they killed P9
        P9 was shot dead filming
        sicarios acabaron con la vida del lider de la vereda
        P9 foi morta a tiros
        encontraram o corpo de P9
        P9 wurde getoetet
        P9 died in custody
        P9 murio en la carcel
        three prisoners died in prison
        P9 morreu na delegacia
        P9 est mort en garde à vue
    """,
    "attempted_killing": """
        attempt to kill P9 failed
        attaque à la machette contre P9
        on a voulu tuer P9
        they tried to run P9 over with a truck
        gunmen opened fire on our vehicle
        P9 survived an ambush
        disparos contra la casa de P9
        nos tiraron una bomba
        coups de feu sur la voiture de P9
        versuchte Tötung
        le metieron tres tiros
        P5 was stabbed in the leg
        someone fired three shots at the office
        students shot at with rubber bullets
        le pegaron un tiro en la pierna
        on l a poignarde au marche
        P3 was wounded by gunfire
        a grenade went off in the yard
        hirieron a P3 con arma de fuego
        on lui a tire dessus
        le dispararon al profe saliendo de la escuela
        ils ont tire sur notre voiture
        gunmen shot the journalist in front of his office
        le dieron dos balazos pero sigue vivo
        atiraram na casa de P9
        tiros contra o carro
        Schuesse auf unser Auto
        shots fired at our car
        le pusieron una bomba en la casa
        levou três tiros mas está vivo
        P9 levou um tiro na perna
    """,
    "disappearance": """
        P9 vanished after leaving the court
        no se sabe nada de P9
        Pedro no ha vuelto desde ayer
        aucune nouvelle de l equipe depuis hier
        Jean n est pas rentre cette nuit
        P2 has been gone since monday nobody knows where
        he never came back from the market
        a mi primo lo desaparecieron
        elle a disparu depuis dimanche
        no sign of life from P3 since friday
        mi hermano salio ayer y no aparece
        we dont know anything about the two drivers since thursday
        personne ne sait ou est P2
        les enfants de P2 ont disparu
        we have not heard from P3 since he left the police station
        P3 missing with his phone
        P9 sumiu desde ontem
    """,
    "abduction": """
        they broke in and took P9 away
        men broke in and took our colleague
        P9 forcefully taken in a white car
        des hommes armés ont emmené P9
        p7 kidnaped
        my son was taken from school by soldiers
        unknown men took our leader from his house last night
        they forced her into a black van
        dos hombres armados se llevaron al presidente de la junta
        ils ont pris mon pere et sont partis en 4x4
        des hommes cagoules l ont emmene
        P2 was dragged out of the taxi by men in masks
        lo montaron a la fuerza en una camioneta
        unos encapuchados sacaron a P2 de su casa
        ils ont embarque mon frere dans un pickup
        unos tipos se llevaron a mi hermano a la fuerza
        des inconnus ont kidnappe l infirmier
        masked men entered P2's house and dragged him away
        lo sacaron del bus y se lo llevaron en una camioneta blanca
        on a enleve la fille du directeur
        P9 entfuehrt
        sie haben P9 mitgenommen
    """,
    "arrest": """
        sacan a mi hermano de la casa, la policia se lo lleva
        tiran gases y tienen a P9 en la patrulla
        soldiers around the house hold P9
        prisão de P12 L4
        P9 held incommunicado at the barracks
        retuvieron a P9 los policias
        P9 détenu à la brigade
        Police picked up three of our members this morning
        P7 in handcuffs
        nos agarraron los policias en el mercado
        nos llevan a la comisaria
        P9 au commissariat depuis ce matin
        police came at 5 am and took Maria out of bed, we dont know where she is
        soldiers stopped our car and are holding us at the bridge
        P4 has been picked up by the police
        my colleague was handcuffed and put in a van
        three students were rounded up last night
        la policia vino a las 5 y se llevo a Maria
        nos tienen retenidos en la base
        la police est venue a 5h et a emmene Maria
        les soldats nous retiennent au pont
        P4 est en garde a vue
        ils ont mis P4 en prison
        polise arested maria
        ils on areté p4
        police want to take my husband to the station
        they have arrested two of our volunteers at the airport
        detuvieron a mi esposo en el aeropuerto
        la police garde P4 depuis hier
        on nous a arretes au barrage et pris nos papiers
        P9 is locked up in the barracks
        they are interrogating P9 right now
        P9 sigue en el calabozo
        P9 est au cachot depuis hier
        cops took my sister at the demo
        la policia tiene a P4 en la comisaria
        on a arrete mon frere a la frontiere
        P4 est detenu au camp militaire
        tienen presos a tres companeros en el batallon
        deux policiers ont embarque mon mari
        P2 was nabbed by officers at the airport
        P9 foi presa
        a policia levou P9
        Polizei hat P9 mitgenommen
    """,
    "assault": """
        they broke in with guns and P9 is bleeding
        le rompieron la cara a P9
        P5 hit with rifle butts by soldiers
        he was punched and kicked by guards
        le dieron culatazos los soldados
        lo cogieron a patadas y punos
        P5 a recu des coups de crosse
        ils l ont roue de coups
        los soldados golpiaron a p5
        they burned down the community radio
        they beat the driver and took the car
        lo amarraron y lo golpearon toda la noche
        nos apuntaron con armas
        ils l ont frappe avec des batons
        they stoned our car
        thugs beat two volunteers at the gate
        tiraron una bomba molotov al rancho
        ils ont lance des pierres sur la voiture
        P1 died after police hit him on the head
        se metieron tres hombres a la casa y golpearon a mi mama
        un soldat m a frappe au visage
        golpearon a los manifestantes y echaron gas
        guards broke his arm
        agrediram P9
        a polícia espancou P9
        bateram nele com cassetete
    """,
    "sexual_violence": """
        abusaron de una compañera
        P9 was sexually harassed by soldiers
        gang raped two women in the camp
        la violaron entre tres
        elle a ete violee par des militaires
        me tocaron y me quitaron la ropa
    """,
    "torture": """
        they gave electric shocks to P6 in the station
        le pusieron corriente en la estacion
        ils lui ont mis du courant electrique
        la torturaron con electricidad
        torturaram P9
    """,
    "death_threat": """
        le mandaron una bala en un sobre
        ameaça de assassinato contra P9
        recibio amenazas de asesinato
        menace d'assassinat contre P9
        murder threat against P9
        Drohung mit Tötung
        they put a knife to his throat and said next time we kill you
        i got a whatsapp saying you are next
        a letter with a bullet was left at the office door
        me escribieron por whatsapp que soy la proxima
        dejaron una bala en la puerta de la oficina
        dicen que nos van a matar si no salimos
        j ai recu un whatsapp qui dit tu es le prochain
        une lettre avec une balle devant la porte
        ils disent qu ils vont nous bruler
        on a 48h pour partir sinon ils nous tuent
        amenasa d muerte x whatsapp
        i got an email with a photo of a coffin
        he told P4 to leave town or be killed
        nos mandaron fotos de un ataud
        dijo que si no me voy me mata
        nos ofrecieron plomo
        il veut me tuer
        nous recevons des messages de mort
        they told my mother that i will end up in a ditch
        funeral wreath with my name sent to my home
        mandaron una corona funebre a mi casa
        anonymous letter says leave or we bury you
        he phoned again saying he will cut my throat
        me dijeron que me van a picar
        on m a dit que je vais disparaitre si je parle
        dejaron una nota que dice los vamos a desaparecer
        ameaçaram P9 de morte
        sie wollen uns toeten
    """,
    "threat": """
        P9 recibio un panfleto
        llamada amenazante a P9
        someone called my phone and said stop your work or your kids will pay
        nos llego un panfleto de las aguilas negras
        llamaron y dijeron que dejemos el trabajo o nos atenemos a las consecuencias
        nos dieron 48 horas para irnos
        quelqu un a appele pour dire d arreter notre travail sinon
        they say they know where my children go to school
        on me menace au telephone tous les soirs
        me pararon dos hombres y me dijeron que me callara
        llamaron a mi mama a decirle que me cuide
        nos amenazo un capitan del ejercito
    """,
    "surveillance": """
        moto siguiendo a P9
        drone flying above the community
        two men on a motorbike have been outside our house since morning
        telefono intervenido
        same grey car behind us for 20 km
        hay dos tipos en moto frente a la casa desde la manana
        un carro negro nos viene detras desde L3
        deux hommes en moto devant la maison depuis ce matin
        une voiture noire derriere nous depuis L3
        nos estan sigiendo
        i am being followed by a man in a red cap
        the same two men were at the hotel again
        our calls are being listened to
        llevan dos dias siguiendome
        me estan espiando el telefono
        quelqu un nous suit depuis la gare
        on nous ecoute au telephone
        a man in plain clothes photographed us at the court
        drone over the office all day
        hay un dron encima de la oficina
        un tipo nos toma fotos desde la esquina
        un homme en civil nous photographie
        unknown car with tinted glass parked across the street every night
        someone took photos of everyone entering the workshop
        hay un carro desconocido parqueado frente a la sede
        une moto nous suit depuis le tribunal
        there is a man with a camera outside the court following me
        un senor con gorra me sigue desde el juzgado
        un homme prend des photos de notre porte
        someone is tailing P2 from court
        un dron sobre la oficina
        um carro nos segue
        ueberwachung seit gestern
        tem um carro parado em frente à sede
    """,
    "digital_attack": """
        cyber attaque contre le site
        someone logged in to our email
        somebody got into our email and is writing to donors
        my phone has pegasus
        entraron a mi correo y borraron todo
        me clonaron el whatsapp
        mon compte a ete pirate et ils lisent tout
        quelqu un a le mot de passe de notre site
        mon whatsapp a ete pirate
        facebook account taken over by strangers
        emails hacked and donor list leaked
        nos borraron la pagina y clonaron el correo
    """,
    "raid": """
        police, they broke in and are searching the office
        soldiers broke into the house of P9
        la fiscalia entro a la oficina con orden
        police are banging on the door, they have a warrant
        estan revisando la oficina con una orden
        tumbaron la puerta y entraron los policias
        les policiers fouillent le bureau
        officers are searching the house of P3
        la gendarmerie est chez moi et fouille
        security forces surrounded the office and nobody can leave
        les militaires encerclent le bureau
        police inside the office going through our files
        la police a saisi nos ordinateurs
        the police searched my bag and took my notebook
        la gendarmerie a confisque nos telephones
        la police a defonce la porte du bureau et fouille tout
        police kicked the door in and took the files
        invadiram o escritório
        militaires devant la porte
        Buero durchsucht
    """,
    "break_in": """
        someone broke in and took the laptop
        vol au bureau, ordinateurs disparus
        effraction au bureau
        our laptops and the archive with witness names are gone, door forced
        se robaron los computadores con los testimonios
        forzaron la puerta de la oficina anoche
        on a vole les ordinateurs et les dossiers des temoins
        la porte du bureau a ete forcee
        thieves took the server with the case files
        the office was broken into over the weekend
        robaron los discos duros y nada mas
        rompieron la chapa y se llevaron los archivos
        ils ont defonce la porte et tout pris
        hard disks stolen from the car
        robaron el carro con los documentos
        le disque dur a ete vole
        our office is wrecked, computers gone
        nos rompieron los vidrios de la sede
        des voleurs ont pris le disque dur
        se robaron el disco con las denuncias
        roubaram os computadores
        entraram no escritório e levaram computadores
    """,
    "eviction": """
        estan sacando a las familias de sus casas
        nos estan sacando de nuestras tierras
        déguerpissement du quartier
        villageois chassés de leurs terres
        they are burning the houses in the village
        bulldozers have come with police to clear the land
        estan quemando las casas
        la policia nos esta sacando de la finca
        ils brulent les maisons du quartier
        on nous chasse de nos terres
        the landlord and police are evicting us today
        quieren desalojarnos hoy con policia
        la mairie detruit nos maisons
        the family is being thrown out of their home by police
        expulses de la maison par la police
        they are destroying the crops and huts of the families
        llegaron con orden de desalojo y maquinaria
        ils brulent nos champs pour nous faire partir
        despejo com tratores na ocupação
        queimaram a casa de P9
        zwangsraeumung im dorf
        estão despejando as famílias
    """,
    "checkpoint": """
        contrôle militaire, on ne nous laisse pas passer
        paso negado en el puente
        we are stuck at an army roadblock, they have our passports
        los soldados nos tienen parados en el puente
        el ejercito nos quito los celulares en un reten
        on est bloques a un barrage de militaires
        we were stopped and searched by soldiers
        no nos dejan salir del pueblo
        nos rodearon con fusiles
        nos estan requisando en un reten
        não deixam passar na barreira
        parados numa barreira do exército
    """,
    "armed_presence": """
        hombres armados sacan a P9 de la casa
        l’armée est partout autour de la maison
        hay soldados alrededor de la casa
        soldiers all around our house
        soldiers in the community
        hay tropas en la comunidad
        hombres de camuflado en el camino
        des militaires dans le village
        paras are in the village with a list
        entraron los paras al pueblo con lista en mano
        les milices sont dans le village
        paramilitaries set up a roadblock at L7
        hay un reten de paramilitares en la via
        militia at the crossing, they take money and ids
        soldier pointed his rifle at me and said go home
        hay hombres con fusil en el parque
        homens armados na comunidade
        jagunços na fazenda
        bewaffnete maenner vor dem haus
    """,
    "combat": """
        quedamos en fuego cruzado
        affrontements armés
        se oyen tiros
        coups de feu près du bureau
        fusillade dans le quartier
        they opened fire on the community
        ils ont ouvert le feu sur le village
        tirs pres du buro
        army helicopters are bombing the hills
        fighting between guerrilla and army close to us
        el ejercito bombardea cerca de la vereda
        hay enfrentamientos entre el eln y el ejercito
        combats pres du camp
        des obus tombent sur L9
        suenan rafagas cerca de la escuela
        mortar fire since dawn, people hiding
        des tirs toute la nuit au marche
        ca tire de partout
    """,
    "crowd_repression": """
        tiran gases a los manifestantes
        policia ataca la marcha
        gases en la manifestacion
        police fired gas at the march
        llego el esmad y esta echando gases
        les gendarmes tirent des lacrymos sur les etudiants
        los antimotines nos estan gaseando
        la police a charge les manifestants
        la policia dispersa la marcha a palos
        la foule est dispersee a coups de matraque
        riot police charging, people bleeding
        la policia esta dando bolillo a los estudiantes
        two students bleeding after police charge
        coups de matraque sur les marcheurs
        a polícia reprimiu o protesto
        bombas de gás no protesto
    """,
    "criminalisation": """
        false charges against P9
        montaje judicial contra P9
        plainte contre P9
        convocation de P9 à la gendarmerie
        P9 poursuivi en justice
        judicialización de P9
        court ordered P6 to prison for 4 years
        le dictaron orden de captura a P6
        P6 condamne a 4 ans de prison
        un mandat d arret contre P6
        P6 has to appear in court accused of rebellion
        la fiscalia vino con orden de captura para P6
        nos acusan de rebelion
        on m a convoque a la gendarmerie
        P6 est poursuivi pour terrorisme
        our bank account was frozen by the government
        el fiscal pidio prision para P6
        P6 charged with sedition today
        a P6 le abrieron un proceso por rebelion
        P6 doit passer devant le juge pour outrage
        the judge gave P6 six years
        el juez ordeno captura contra P6
        P6 est juge demain pour trahison
        P9 foi intimado pela polícia
        P9 foi indiciado
    """,
    "defamation": """
        señalamientos contra P9
        campagne de dénigrement contre P9
        campaña sucia contra P9
        estigmatización de la organización
        the mayor said on radio that we are guerrilla
        newspaper calls P2 a terrorist
        el alcalde dijo en la radio que somos guerrilleros
        nos acusan de terroristas en el periodico
        la radio dit que nous sommes des terroristes
        un journal traite P2 de voleur et de rebelle
        tv is spreading lies about our organisation
        sale en las redes que somos terroristas
        on nous insulte a la tele comme traitres
        facebook posts call us spies
        en facebook dicen que somos del eln
        ils disent sur facebook que nous sommes des espions
        ministry says on tv we finance terrorists
        el gobernador nos trato de terroristas
        le ministre dit que l ong finance la rebellion
        fake news contra nós no facebook
    """,
    "immigration": """
        expulsion de P7 du pays
        a P7 lo expulsan del pais
        P7 visa problem
        our visa was refused and we have 48 hours to leave
        they cancelled P6's residence permit
        deportaron a P7
        P7 est expulse vers son pays
        deportation order for P7 arrived
        P7 was told to leave the country within 24 hours
    """,
    "missed_check_in": """
        lost contact with the team
        P3 did not call at 18h and does not answer
        we cant reach the team since 2 pm, both phones off
        P8 never arrived at L4
        P3 no llamo a las 18 y no contesta
        no logramos comunicarnos con el equipo
        no responde desde ayer el telefono de P2
        P3 n a pas appele a 18h et ne repond pas
        we lost contact with P2 after the river crossing
        P2 salio a las 6 y no ha llegado
        son telephone ne passe plus depuis deux jours
        on n arrive pas a joindre P3
        P3 is not picking up and missed the 20h call
        no hemos podido hablar con P3 desde la manana
        on a perdu le contact avec P3 depuis midi
        P3 was due back at 17h and nobody can reach her
        mi companera no contesta y no llego a dormir
        P9 não responde desde as 6
        perdemos contato com P9
    """,
    "accident": """
        se cayo P7 y esta herido
        emergencia medica P7
        urgence médicale
        P7 très malade
        P7 needs a doctor
        a snake got P7
        we had an accident with the pickup, one hurt
        truck rolled over
        chocamos con la camioneta, hay heridos
        on a eu un accident de voiture
        bus accident, two injured
        nos estrellamos en la via a L3
        accident de moto P2 blesse
        motorbike hit us, broken leg
        la voiture s est renversee
        le bus est tombe dans le ravin
        se volteo el bus con la delegacion
        capotou o carro, dois feridos
    """,
}
"""Each in a line of its own, as it was written before the vocabulary knew it."""

HARMLESS = """
    pusieron una bomba de agua en la casa
    colocaron la bomba de riego
    deram um tiro no ar
    murio el perro en la base
    levaram P9 ao hospital para exame
    oficina sobre tortura e direitos
    wir haben P9 mitgenommen
    Einbruch der Dunkelheit, wir fahren weiter
    não houve mortos
    ninguem foi preso
    P9 nao foi presa
    keine schuesse hier
    der Film über die Polizei war lang
    a policia nos deu agua
    no mataron a P9, esta bien
    el escritorio nuevo es de madera
    explosion nearby was only fireworks
    nobody was hurt in the fight between the dogs
    the car is behind schedule
    police helped us with the flat tyre
    the meeting was a bomb, everybody came
    he is dead tired, we stay here tonight
    we follow the plan and arrive at six
    the trial of the photo contest is tomorrow
    we watch the football match at L2
    there is a queue in front of the office since morning
    llegamos al pueblo con la lista de participantes
    dos amigos en moto nos esperan frente a la casa
    la policia nos ayudo con la llanta
    cohetes de la fiesta, no son disparos
    el partido estuvo de muerte
    se fue la luz y estamos cansados
    seguimos el plan
    el taller de video termina a las 5
    nos revisaron los papeles y seguimos todo normal
    les policiers nous ont aides avec le pneu
    ce sont des petards pas des tirs
    on suit le plan et on arrive a 18h
    le film est tourne dans le village
    je suis mort de fatigue
    deux amis en moto nous attendent devant la maison
    pas de nouvelles menaces
    la batterie est morte
    the police station is next to the hotel
    we took pictures of the river
    someone called to say the meeting is moved
    they know where the school is, they will guide us
    the radio plays our song
    i left my papers in the car
    new roadworks, the bus goes another way
    la policia esta al lado del hotel
    nos dejaron salir temprano de la reunion
    llevan dos dias lloviendo
    el bus no ha llegado
    tomamos fotos del rio
    se llevaron a cabo dos talleres
    me voy para la casa
    la gendarmerie est a cote de l hotel
    on a pris des photos de la riviere
    le bus est arrive
    elle a pris son pere en voiture a la gare
    le telephone ne marche pas bien ici
    se cayo la llamada, te marco
    se cayo el internet aqui
    estoy siguiendo a mi hermano en la moto
    we attempt to reach L4 tonight
    reunion sobre seguridad, sin novedad
    visa appointment tomorrow at 10
    following your advice we stay
    medical checkup went fine
    the doctor came, all is well
    feriado dia de los muertos
    descente vers la vallee a midi
    P7 dead tired, sleeping
    migracion office closed
    nos agarraron las lluvias
    my battery is dead
    we photographed the market and are on our way
    our guards walk around the office, all well
    the drone of the television filmed the lake
    they threw a party at the gate
    stones on the road, we drive slowly
    P9 is locked out of the house, lost the key
    the power was cut by the storm
    la tropa de scouts acampa al lado de la escuela
    un amigo nos toma fotos en la esquina
    el dron de la television esta sobre el lago
    la pelicula de la bomba estuvo buena
    nos sacaron de la lista de espera
    le cogimos carino al perro
    on a perdu les cles, la porte est fermee
    des pierres sur la route, on roule doucement
    un ami nous photographie devant l eglise
    le film sur la guerre etait long
    on a tire les rideaux
    we are at the police station for the permit, all fine
    the soldiers gave us water
    the office door is locked, where is the key
    we took her to the clinic
    photo of the team for the newsletter
    we lost the key of the car
    the driver was late but he is here
    two men from the embassy came, very kind
    we spent the night at the school
    the shop was closed after the storm
    P2 is sleeping, all quiet
    we burned the rubbish behind the house
    they call us at ten every day
    la policia nos dio agua
    perdimos la llave del carro
    el equipo llego bien al hotel
    se acabo la pila del telefono
    quemamos la basura detras de la casa
    los soldados juegan futbol
    mi mama esta en la clinica por la presion
    tomamos una foto con los estudiantes
    los hombres de la embajada son amables
    los muchachos salieron a jugar
    la porte du bureau est fermee a cle
    on a pris une photo avec les etudiants
    les soldats jouent au foot
    mon telephone est decharge
    l equipe est bien arrivee
    le chef du village nous a accueillis
    deux hommes de l ambassade sont venus
    we crossed the river and the road is good
    the judge postponed, we go home
    the police asked for our names and waved us on
    my bag is lost, please tell the hotel
    we lit a fire to cook
    dead battery, we push the car
    a man with a camera from the newspaper interviews us
    the volunteers cut the grass at the school
    P7 is back in his country
    i left my notebook in the bus
    the families are eating together
    we missed the bus but there is another
    cruzamos el rio y todo tranquilo
    el juez aplazo la audiencia
    la policia nos pidio papeles y seguimos
    hay fiesta en el parque
    el gobernador vino a la inauguracion
    se dano la moto, llegamos tarde
    un senor con gorra nos vendio agua
    las familias estan reunidas
    on traverse la riviere, route bonne
    le juge a reporte
    la police nous a laisses passer
    les enfants jouent dans la cour
    the police are going home
    soldiers at the bridge look through the window
    the film about torture is tonight
    manana hay taller sobre desaparicion forzada
    atelier sur les menaces de mort demain
    we teach a course about digital attacks
    P9 shot a film about the river
    nous suivons la police jusqu a l hotel pour deposer plainte
    P9 shot a video of the school
    my phone is missing
    los documentos han desaparecido
    a passenger lent us a phone
    we passed the site at noon
"""


@pytest.mark.parametrize("type", TOLD)
def test_what_people_tell_in_their_own_words_is_understood(type: str) -> None:
    """Nothing of what was said is lost: it is read by people, whatever it is taken for."""
    sentences = [line.strip() for line in TOLD[type].splitlines() if line.strip()]

    assert {sentence: _type_of(sentence) for sentence in sentences} == dict.fromkeys(sentences, type)


def test_what_is_no_harm_is_no_type() -> None:
    """A critical alarm for nothing costs the next one its hearers."""
    sentences = [line.strip() for line in HARMLESS.splitlines() if line.strip()]

    assert {sentence for sentence in sentences if _type_of(sentence)} == set()
    assert _type_of("nos dispararon saliendo del taller") == "attempted_killing"
    assert _type_of("P9 shot, a film shows it") == "attempted_killing"


def _type_of(sentence: str) -> str | None:
    report = parse_report(f"ALERTA 47110 {sentence}")
    assert report is not None
    return report.type
