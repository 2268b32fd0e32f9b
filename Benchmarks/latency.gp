# The time that a message of each size takes: there and back between two threads, and in one.
# gnuplot -e "from='FOLDER with calls.dat and one-thread.dat'; to='FOLDER'" latency.gp
set terminal svg size 1000,420 font 'sans,12' background 'white'
set output to.'/latency.svg'
set multiplot layout 1,2 margins 0.07,0.81,0.15,0.90 spacing 0.07
set logscale xy
set xtics ('8' 8, '24' 24, '64' 64, '256' 256, '1 Ki' 1024, '4 Ki' 4096, '64 Ki' 65536)
set xrange [6:98304]
set format y '%.0s %cs'
set xlabel 'bytes'
set linetype 9 lc rgb '#888888'
set linetype 10 lc rgb '#8c564b'
set grid ytics lc rgb '#dddddd'

lines(file) = int(system('grep -c \" '.from.'/'.file))

set title 'two threads on two CPUs: there and back'
unset key
plot for [i=0:lines('calls.dat')-1] from.'/calls.dat' index i every ::1 using 1:($2*1e-9) \
	with linespoints lw (i==0 ? 3 : 1) pt 7 ps 0.4

set title 'one thread: send and receive'
set key outside right Left reverse samplen 1.5
plot for [i=0:lines('one-thread.dat')-1] from.'/one-thread.dat' index i using 1:($2*1e-9) \
	with linespoints lw (i==0 ? 3 : 1) pt 7 ps 0.4 title columnheader(1)
